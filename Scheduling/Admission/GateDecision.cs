namespace OrleansInference.Scheduling.Admission;

/// <summary>A gate's decision.</summary>
/// <param name="Verdict">What.</param>
/// <param name="PredictedSeconds">When it would be answered.</param>
/// <param name="RetryAfterSeconds">When there is likely to be a place; 0 where it is admitted.</param>
public readonly record struct GateDecision(GateVerdict Verdict, double PredictedSeconds, double RetryAfterSeconds);
