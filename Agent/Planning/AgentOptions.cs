using System.ComponentModel.DataAnnotations;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>The agent of the cluster (<c>Agent:</c>).</summary>
public sealed record AgentOptions
{
    /// <summary>What it may do where a model's pin says nothing.</summary>
    public AgentMode Mode { get; set; } = AgentMode.Act;

    /// <summary>Seconds between two decisions.</summary>
    [Range(0.1, 3600)]
    public double PeriodSeconds { get; set; } = 15;

    /// <summary>Simulated events that one decision may spend; about one microsecond of CPU each.</summary>
    [Range(0, 100_000_000)]
    public long TrialEvents { get; set; } = 150_000;

    /// <summary>
    /// Milliseconds that one of a decision's trials may take; on a node that takes longer they are of fewer events. 0
    /// for as long as they take.
    /// </summary>
    [Range(0, 60_000)]
    public double TrialMs { get; set; } = 40;

    /// <summary>
    /// File of a learned policy (<c>Training agent</c>) that is in force until another is promoted; empty for the
    /// planner alone.
    /// </summary>
    public string Policy { get; set; } = "";

    /// <summary>Decisions that are remembered.</summary>
    [Range(1, 100_000)]
    public int Remembered { get; set; } = 500;

    /// <summary>Weights of C, D and N.</summary>
    public ObjectiveWeights Weights { get; set; } = ObjectiveWeights.Default;

    /// <summary>How careful it is.</summary>
    public GuardrailOptions Guardrails { get; set; } = new();
}
