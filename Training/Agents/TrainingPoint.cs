namespace OrleansInference.Training.Agents;

/// <summary>A point of the learning curve.</summary>
/// <param name="Iteration">Which update, from 1.</param>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="Gain">Attainment of the exploring policy above the default's on the same requests, in points.</param>
/// <param name="Entropy">Mean entropy of the knobs' policy, nats.</param>
/// <param name="Departures">Share of actions that were not the default.</param>
/// <param name="Ranked">Gain of the candidate that it would try ÷ that of the best.</param>
/// <param name="Validation">Attainment of the policy as it is served above the default's on the validation tasks, in
/// points; NaN where not measured.</param>
internal sealed record TrainingPoint(
    int Iteration,
    double Seconds,
    double Gain,
    double Entropy,
    double Departures,
    double Ranked,
    double Validation
);
