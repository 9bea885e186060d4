namespace OrleansInference.Training.Agents;

/// <summary>A decision of the planner, with the trial's result for each candidate.</summary>
/// <param name="Tokens">[candidates, tokens, width].</param>
/// <param name="Mask">[candidates, tokens].</param>
/// <param name="Gains">What each would bring, in attainment and a tenth of the objective.</param>
internal sealed record PlanChoice(float[] Tokens, float[] Mask, float[] Gains);
