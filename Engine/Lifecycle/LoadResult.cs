namespace OrleansInference.Engine.Lifecycle;

/// <summary>What became of a load.</summary>
/// <param name="IsReady">Whether the model serves now as its files ask.</param>
/// <param name="Reason">Why not; empty where it does. Begins <c>failed to load 'NAME'</c>, or, where
/// single versions failed, <c>load failed for model 'NAME'</c>.</param>
public sealed record LoadResult(bool IsReady, string Reason)
{
    /// <summary>Ensembles that had gone with the model and serve again.</summary>
    public IReadOnlyList<string> Revived { get; init; } = [];
}
