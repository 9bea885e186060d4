namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>One decision of the agent, with its inputs, its candidates and its outcome.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.AgentDecision")]
public sealed record AgentDecision
{
    /// <summary>Its number, rising.</summary>
    [Id(0)]
    public long Id { get; init; }

    /// <summary>When it was made.</summary>
    [Id(1)]
    public DateTimeOffset At { get; init; }

    /// <summary>What became of it.</summary>
    [Id(2)]
    public DecisionOutcome Outcome { get; init; }

    /// <summary>A sentence for operators.</summary>
    [Id(3)]
    public string Summary { get; init; } = "";

    /// <summary>The models that it changes.</summary>
    [Id(4)]
    public string[] Models { get; init; } = [];

    /// <summary>The nodes that it changes, by name.</summary>
    [Id(5)]
    public string[] Nodes { get; init; } = [];

    /// <summary>The inputs of the decision, by model.</summary>
    [Id(6)]
    public DecisionInput[] Inputs { get; init; } = [];

    /// <summary>The candidates, the chosen one first.</summary>
    [Id(7)]
    public CandidateRecord[] Candidates { get; init; } = [];

    /// <summary>
    /// SLO attainment before it: the share of requests within their objective, 0 to 1. Below 0 where nothing was
    /// measured.
    /// </summary>
    [Id(8)]
    public double AttainmentBefore { get; init; } = -1;

    /// <summary>The SLO attainment that it was expected to add.</summary>
    [Id(9)]
    public double ExpectedGain { get; init; }

    /// <summary>SLO attainment after it; below 0 while it is not known.</summary>
    [Id(10)]
    public double AttainmentAfter { get; init; } = -1;
}
