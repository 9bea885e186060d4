namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The cluster's objective over a few seconds.</summary>
/// <param name="At">The end of those seconds.</param>
/// <param name="RequestsPerSecond">Requests that ended, a second.</param>
/// <param name="Attainment">Share of them within their objective, 0 to 1; below 0 where there were none.</param>
/// <param name="C">Compute work delivered within its objective ÷ min(offered work, capacity), 0 to 1.</param>
/// <param name="D">Payload bytes delivered within the objective ÷ offered bytes, 0 to 1.</param>
/// <param name="N">1 − bytes between nodes ÷ what the links can carry, 0 to 1; 1 where links are unknown.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ScorePoint")]
public readonly record struct ScorePoint(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] double RequestsPerSecond,
    [property: Id(2)] double Attainment,
    [property: Id(3)] double C,
    [property: Id(4)] double D,
    [property: Id(5)] double N
);
