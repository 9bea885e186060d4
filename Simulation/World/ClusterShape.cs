namespace OrleansInference.Simulation.World;

/// <summary>Kinds of clusters to try things on.</summary>
public static class ClusterShape
{
    /// <summary>Names of the shapes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["equal", "unequal", "tight"];

    /// <summary>
    /// The nodes of a shape: <c>equal</c> ones with memory for all models, <c>unequal</c> speeds (1, ½, ¼ and so on)
    /// and cores, or <c>tight</c> memory in which not every model fits everywhere.
    /// </summary>
    /// <param name="shape">Its name.</param>
    /// <param name="nodes">Nodes, ≥ 1.</param>
    /// <param name="models">The models that are to fit.</param>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static IReadOnlyList<WorldNode> Nodes(string shape, int nodes, IReadOnlyList<WorldModel> models)
    {
        long all = models.Sum(model => model.MemoryBytes);
        long largest = models.Max(model => model.MemoryBytes);
        return shape switch
        {
            "equal" =>
            [
                .. Enumerable
                    .Range(0, nodes)
                    .Select(i => new WorldNode
                    {
                        Name = $"node-{i}",
                        Cores = 4,
                        MemoryBytes = all * 2,
                    }),
            ],
            "unequal" =>
            [
                .. Enumerable
                    .Range(0, nodes)
                    .Select(i => new WorldNode
                    {
                        Name = $"node-{i}",
                        Cores = i % 4 == 0 ? 6 : 4,
                        Speed = (i % 4) switch
                        {
                            0 => 1.2,
                            1 => 1,
                            2 => 0.6,
                            _ => 0.35,
                        },
                        MemoryBytes = all * 2,
                    }),
            ],
            // Room for about two replicas of each, so that which ones decides.
            "tight" =>
            [
                .. Enumerable
                    .Range(0, nodes)
                    .Select(i => new WorldNode
                    {
                        Name = $"node-{i}",
                        Cores = 4,
                        Speed = i % 2 == 0 ? 1.1 : 0.7,
                        MemoryBytes = Math.Max(largest * 11 / 10, all * 2 / nodes),
                        LinkMbps = 1000,
                    }),
            ],
            _ => throw new ArgumentException(
                $"there is no cluster shape '{shape}'; there are: {string.Join(", ", Names)}",
                nameof(shape)
            ),
        };
    }
}
