namespace OrleansInference.Grains.Nodes;

/// <summary>Ends an offer once.</summary>
internal sealed class OfferedModel(Action end) : IDisposable
{
    private Action? _end = end;

    /// <inheritdoc />
    public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
}
