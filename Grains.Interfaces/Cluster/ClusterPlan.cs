namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// What should run where: an immutable version of the director's decision. Nodes accept only plans of a higher epoch
/// than the one they have, so that of two directors in a divided cluster one wins.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ClusterPlan")]
public sealed record ClusterPlan
{
    /// <summary>The plan before the first.</summary>
    public static ClusterPlan Empty { get; } = new();

    /// <summary>Rises with every change; 0 for <see cref="Empty"/>.</summary>
    [Id(0)]
    public long Epoch { get; init; }

    /// <summary>When it was made.</summary>
    [Id(1)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The nodes that it was made for, by name.</summary>
    [Id(2)]
    public NodePlan[] Nodes { get; init; } = [];

    /// <summary>The models to serve, by name.</summary>
    [Id(3)]
    public ModelPlan[] Models { get; init; } = [];

    /// <summary>A model's plan, or null.</summary>
    public ModelPlan? Find(string model) => Array.Find(Models, plan => plan.Name == model);
}
