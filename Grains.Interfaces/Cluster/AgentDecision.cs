namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>One decision of the agent, with what it knew, what it considered, and what came of it.</summary>
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

    /// <summary>What was known.</summary>
    [Id(6)]
    public DecisionInput[] Inputs { get; init; } = [];

    /// <summary>What was considered, the chosen one first.</summary>
    [Id(7)]
    public CandidateRecord[] Candidates { get; init; } = [];

    /// <summary>
    /// Share of requests within their objective before it, 0 to 1; below 0 where nothing was measured.
    /// </summary>
    [Id(8)]
    public double AttainmentBefore { get; init; } = -1;

    /// <summary>What it was expected to add to that.</summary>
    [Id(9)]
    public double ExpectedGain { get; init; }

    /// <summary>Share of requests within their objective after it; below 0 while that is not known.</summary>
    [Id(10)]
    public double AttainmentAfter { get; init; } = -1;
}
