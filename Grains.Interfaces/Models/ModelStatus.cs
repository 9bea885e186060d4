namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>One line of the repository index.</summary>
/// <param name="Name">The model.</param>
/// <param name="Version">The version; empty where none could be told.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it is not ready, or what is wrong with a newer version that the ready one stands in for;
/// else empty.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelStatus")]
public sealed record ModelStatus(
    [property: Id(0)] string Name,
    [property: Id(1)] string Version,
    [property: Id(2)] ModelState State,
    [property: Id(3)] string Reason
);
