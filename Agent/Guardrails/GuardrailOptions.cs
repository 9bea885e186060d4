using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Agent.Guardrails;

/// <summary>How careful the agent is.</summary>
public sealed record GuardrailOptions
{
    /// <summary>Most models that one decision may load.</summary>
    [Range(1, 1000)]
    public int MaxLoads { get; set; } = 4;

    /// <summary>
    /// Most models that one decision may change where it loads or unloads any; knobs alone can be taken back at once.
    /// </summary>
    [Range(1, 1000)]
    public int MaxModels { get; set; } = 4;

    /// <summary>What a change must be expected to add to the share of requests in time.</summary>
    [Range(0.0, 1.0)]
    public double LeastGain { get; set; } = 0.005;

    /// <summary>What each model to be loaded must add beyond that.</summary>
    [Range(0.0, 1.0)]
    public double GainPerLoad { get; set; } = 0.002;

    /// <summary>Fall of the share of requests in time after which a change is taken back.</summary>
    [Range(0.001, 1.0)]
    public double Tolerance { get; set; } = 0.02;

    /// <summary>Seconds over which a change's effect is measured.</summary>
    [Range(1, 3600)]
    public double WatchSeconds { get; set; } = 30;

    /// <summary>Seconds for which what was taken back is not tried again.</summary>
    [Range(0, 86_400)]
    public double TabuSeconds { get; set; } = 600;

    /// <summary>Rollbacks within an hour after which the agent stops changing things.</summary>
    [Range(1, 100)]
    public int MaxRollbacks { get; set; } = 3;
}
