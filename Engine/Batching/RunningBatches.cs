namespace OrleansInference.Engine.Batching;

/// <summary>
/// The batches that run rows of one request now: nearly always one, for which no list is made. Not thread-safe.
/// </summary>
internal struct RunningBatches
{
    private RunningBatch? _first;
    private List<RunningBatch>? _others;

    /// <summary>Adds a batch that begins.</summary>
    public void Add(RunningBatch batch)
    {
        if (_first is null)
        {
            _first = batch;
            return;
        }
        _others ??= [];
        _others.Add(batch);
    }

    /// <summary>Takes out a batch that has ended.</summary>
    public void Remove(RunningBatch batch)
    {
        if (_first == batch)
        {
            _first = null;
            return;
        }
        _others?.Remove(batch);
    }

    /// <summary>Tells each of them that the request has been answered without it.</summary>
    public readonly void GiveUp()
    {
        _first?.GiveUp();
        foreach (RunningBatch batch in _others ?? [])
        {
            batch.GiveUp();
        }
    }
}
