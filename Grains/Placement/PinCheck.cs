using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Balancing;

namespace OrleansInference.Grains.Placement;

/// <summary>Validates a pin. Pure.</summary>
internal static class PinCheck
{
    /// <summary>What is wrong with a pin and what is allowed; null for a valid one.</summary>
    public static string? FindProblem(ModelPin pin, IReadOnlyCollection<string> nodes)
    {
        string there = string.Join(", ", nodes.Order(StringComparer.Ordinal));
        if (pin.Nodes.Concat(pin.Weights.Keys).FirstOrDefault(node => !nodes.Contains(node)) is { } missing)
        {
            return $"there is no node '{missing}'; there are: {there}";
        }
        if (
            pin.Weights.FirstOrDefault(weight => !(weight.Value > 0) || !double.IsFinite(weight.Value)) is
            { Key: { } name } wrong
        )
        {
            return $"the weight of node '{name}' is {wrong.Value}; a number above 0 is allowed";
        }
        if (pin.MaxReplicas < 0)
        {
            return $"max_replicas is {pin.MaxReplicas}; 0 (as many as fit) or more is allowed";
        }
        return pin.LoadBalance is { } balance && LoadBalancers.Find(balance) is null
            ? $"there is no balancer '{balance}'; there are: {string.Join(", ", LoadBalancers.Names)}"
            : null;
    }
}
