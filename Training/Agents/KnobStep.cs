namespace OrleansInference.Training.Agents;

/// <summary>A policy's observation and action at one step of one replica.</summary>
/// <param name="Token">What it saw; empty where it had no say.</param>
/// <param name="Action">What it did.</param>
/// <param name="LogProbability">Log of the probability with which it did.</param>
/// <param name="Requests">Requests on the node that ended since the look before.</param>
/// <param name="Violations">Of those, the ones not in time.</param>
internal readonly record struct KnobStep(
    float[] Token,
    int Action,
    float LogProbability,
    long Requests,
    long Violations
);
