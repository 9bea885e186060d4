namespace OrleansInference.Training.Agents;

/// <summary>How a policy is trained.</summary>
internal sealed record PolicyTrainingOptions
{
    /// <summary>Minutes, over all runs that go on from each other.</summary>
    public required double Minutes { get; init; }

    /// <summary>Whether <see cref="Minutes"/> come on top of those that the checkpoint has seen.</summary>
    public bool AddsMinutes { get; init; }

    /// <summary>Seed of weights, tasks and choices.</summary>
    public required int Seed { get; init; }

    /// <summary>Adam's learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>Torch's threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Where checkpoints, curves and the policy are written.</summary>
    public required string Folder { get; init; }

    /// <summary>What the file says of where it comes from; the number of updates is added.</summary>
    public required string Provenance { get; init; }

    /// <summary>Share of the time in which the ranker learns from trials directly.</summary>
    public double WarmStartShare { get; init; } = 0.25;

    /// <summary>The task of a seed, at a progress of 0 to 1.</summary>
    public required Func<long, double, PolicyTask> Draw { get; init; }
}
