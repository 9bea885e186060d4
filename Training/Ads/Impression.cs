namespace OrleansInference.Training.Ads;

/// <summary>A row of the click log: an advertisement that was shown to somebody.</summary>
internal readonly record struct Impression
{
    /// <summary>Index of its picture.</summary>
    public required int Picture { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>Hour of the day, 0–23.</summary>
    public required int Hour { get; init; }

    /// <summary>0 desktop, 1 phone, 2 tablet.</summary>
    public required int Device { get; init; }

    /// <summary>Segment of the user, 0–5.</summary>
    public required int Segment { get; init; }

    /// <summary>Price, standardised.</summary>
    public required float Price { get; init; }

    /// <summary>Whether it was clicked.</summary>
    public required bool Clicked { get; init; }

    /// <summary>The click model's probability.</summary>
    public required double Probability { get; init; }

    /// <summary>What is known of that without the picture.</summary>
    public required double WithoutPicture { get; init; }

    /// <summary>What is known of it without the title.</summary>
    public required double WithoutText { get; init; }
}
