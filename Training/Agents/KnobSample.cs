namespace OrleansInference.Training.Agents;

/// <summary>A step as PPO learns from it.</summary>
/// <param name="Token">What was seen.</param>
/// <param name="Action">What was done.</param>
/// <param name="LogProbability">Log of its probability then.</param>
/// <param name="Return">What came of it: violations avoided against the default on the same requests, as a share of a
/// look's requests, discounted.</param>
internal readonly record struct KnobSample(float[] Token, int Action, float LogProbability, float Return);
