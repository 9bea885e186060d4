namespace OrleansInference.Load.Raw;

/// <summary>Rows in a run, intra-op threads of the session, threads that call it.</summary>
internal readonly record struct RawSetting(int Batch, int Threads, int Callers)
{
    public override string ToString() => $"batch {Batch}, {Threads} intra-op, {Callers} callers";
}
