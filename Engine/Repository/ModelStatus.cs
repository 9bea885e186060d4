namespace OrleansInference.Engine.Repository;

/// <summary>One line of the repository index.</summary>
/// <param name="Name">The model.</param>
/// <param name="Version">The version; empty where none could be told.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it is not ready; empty when it is.</param>
public sealed record ModelStatus(string Name, string Version, ModelState State, string Reason);
