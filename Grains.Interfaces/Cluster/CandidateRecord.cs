namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>One plan that the agent considered.</summary>
/// <param name="Name">What it changes.</param>
/// <param name="Attainment">Share of requests that it is expected to answer within their objective, 0 to 1, in closed
/// form.</param>
/// <param name="TrialAttainment">The same from the twin; below 0 where it was not tried.</param>
/// <param name="C">Expected C.</param>
/// <param name="D">Expected D.</param>
/// <param name="N">Expected N.</param>
/// <param name="Loads">Models that would have to be loaded.</param>
/// <param name="Refusal">Why it was not taken; empty for the chosen one.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.CandidateRecord")]
public sealed record CandidateRecord(
    [property: Id(0)] string Name,
    [property: Id(1)] double Attainment,
    [property: Id(2)] double TrialAttainment,
    [property: Id(3)] double C,
    [property: Id(4)] double D,
    [property: Id(5)] double N,
    [property: Id(6)] int Loads,
    [property: Id(7)] string Refusal
);
