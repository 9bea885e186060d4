namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The agent as operators see it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.AgentState")]
public sealed record AgentState
{
    /// <summary>Its mode.</summary>
    [Id(0)]
    public AgentMode Mode { get; init; }

    /// <summary>Whether it stopped changing things after too many rollbacks.</summary>
    [Id(1)]
    public bool IsStopped { get; init; }

    /// <summary>Its decisions, newest last.</summary>
    [Id(2)]
    public AgentDecision[] Decisions { get; init; } = [];

    /// <summary>
    /// SLO attainment of the last half minute, 0 to 1: the share of requests answered within their objective. Below 0
    /// where there were none.
    /// </summary>
    [Id(3)]
    public double Attainment { get; init; } = -1;

    /// <summary>Requests a second over the same time.</summary>
    [Id(4)]
    public double RequestsPerSecond { get; init; }

    /// <summary>Its prediction for each model.</summary>
    [Id(5)]
    public DecisionInput[] Inputs { get; init; } = [];

    /// <summary>Rises with every change of <see cref="Decisions"/>.</summary>
    [Id(6)]
    public long Revision { get; init; }

    /// <summary>The learned policy in force on the director's node; empty for the planner alone.</summary>
    [Id(7)]
    public string Policy { get; init; } = "";

    /// <summary>
    /// Share of the decisions on the director's node in which the policy departed from the default, 0 to 1.
    /// </summary>
    [Id(8)]
    public double PolicyDepartures { get; init; }
}
