using Microsoft.Extensions.Options;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;

namespace OrleansInference.Grains.Placement;

/// <summary>What the director plans with: its options, the twin in which it tries a plan, and the learned policy.</summary>
internal sealed class PlannerSetup(IOptions<AgentOptions> options, IEnumerable<IPlanTrial> trials, PolicySlot policy)
{
    /// <summary>The agent's options.</summary>
    public AgentOptions Options { get; } = options.Value;

    /// <summary>The twin; null where the host has none.</summary>
    public IPlanTrial? Trial { get; } = trials.FirstOrDefault();

    /// <summary>The promoted policy, as far as there is one.</summary>
    public PolicySlot Policy { get; } = policy;
}
