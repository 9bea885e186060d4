namespace OrleansInference.Engine.Tests.Repository.Folders;

/// <summary>One thing that lies in repositories and is not as a server would like it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Make">Puts it into a repository that has the model <c>good</c>.</param>
/// <param name="Model">The model that it concerns; null where it concerns none.</param>
/// <param name="Reason">Part of what the index says of that model; null where the model is served all the same.</param>
public sealed record OddKind(string Name, Action<OddRepository> Make, string? Model, string? Reason)
{
    /// <summary>Part of what the index says of a model that is served all the same; empty for nothing.</summary>
    public string Warning { get; init; } = "";

    public override string ToString() => Name;
}
