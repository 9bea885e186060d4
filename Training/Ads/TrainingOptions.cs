namespace OrleansInference.Training.Ads;

/// <summary>How a network is trained.</summary>
internal sealed record TrainingOptions
{
    /// <summary>Seed of weights, order and augmentation.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Most passes over the training rows.</summary>
    public int Epochs { get; init; } = 8;

    /// <summary>Rows of a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Adam's or SGD's step at the beginning; it falls to nothing by a cosine.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>L2 penalty.</summary>
    public double WeightDecay { get; init; } = 1e-5;

    /// <summary><c>adam</c> or <c>sgd</c> (momentum 0.9).</summary>
    public string Optimiser { get; init; } = "adam";

    /// <summary>Epochs without a better validation AUC after which it stops.</summary>
    public int Patience { get; init; } = 3;

    /// <summary>Most training rows of an epoch; 0 for all.</summary>
    public int MostRows { get; init; }

    /// <summary>Whether the picture is hidden from it.</summary>
    public bool WithoutPicture { get; init; }

    /// <summary>Whether the title is hidden from it.</summary>
    public bool WithoutText { get; init; }
}
