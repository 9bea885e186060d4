namespace OrleansInference.Routing.Balancing;

/// <summary>The balancers by name.</summary>
public static class LoadBalancers
{
    private static readonly ILoadBalancer[] All =
    [
        new LeastExpectedWork(),
        new Weighted(),
        new RoundRobin(),
        new LeastOutstanding(),
        new PowerOfTwo(),
    ];

    /// <summary>What a plan says where nobody chose.</summary>
    public static ILoadBalancer Default => All[0];

    /// <summary>Every name.</summary>
    public static IEnumerable<string> Names => All.Select(balancer => balancer.Name);

    /// <summary>One by its name, or null.</summary>
    public static ILoadBalancer? Find(string name) => Array.Find(All, balancer => balancer.Name == name);
}
