using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// The bound runs of a session that nobody uses now, by their rows, for one reading of its signature. Thread-safe.
/// </summary>
internal sealed class BoundRuns : IDisposable
{
    /// <summary>
    /// Most bytes of inputs and outputs of a bound run. Rows are copied into it; beyond this size, the copy of a single
    /// request costs more than binding its own memory.
    /// </summary>
    private const long MaxBytes = 64 << 10;

    /// <summary>Most that are kept while nobody uses them: 2 MiB a session at the very most.</summary>
    private const int MaxKept = 32;

    private readonly ConcurrentDictionary<int, ConcurrentStack<BoundRun>> _free = new();
    private readonly InferenceSession _session;

    /// <summary>Bytes of a row of all inputs and outputs; 0 where runs cannot be bound.</summary>
    private readonly long _rowBytes;
    private int _kept;

    /// <summary>Keeps none yet.</summary>
    /// <param name="session">The session.</param>
    /// <param name="signature">What it takes and gives.</param>
    /// <param name="isOnCpu">Whether it runs on the CPU, whose memory is this process'.</param>
    public BoundRuns(InferenceSession session, ModelSignature signature, bool isOnCpu)
    {
        _session = session;
        Signature = signature;
        bool isPossible =
            isOnCpu
            && !signature.IsRagged
            && Array.TrueForAll(signature.Inputs, spec => !spec.IsOptional && IsBindable(spec, signature))
            && Array.TrueForAll(signature.Outputs, spec => IsBindable(spec, signature));
        _rowBytes = isPossible ? BoundRun.Bytes(signature, rows: 1) : 0;
    }

    /// <summary>What the session takes and gives, and whether its requests share runs.</summary>
    public ModelSignature Signature { get; }

    /// <summary>Takes one out, or makes one; null where runs of so many rows are not bound.</summary>
    public BoundRun? TryRent(int rows)
    {
        if (_rowBytes == 0 || rows < 1 || _rowBytes * rows > MaxBytes)
        {
            return null;
        }
        if (_free.TryGetValue(rows, out ConcurrentStack<BoundRun>? stack) && stack.TryPop(out BoundRun? kept))
        {
            Interlocked.Decrement(ref _kept);
            return kept;
        }
        return new BoundRun(_session, Signature, rows);
    }

    /// <summary>Gives one back after its run.</summary>
    public void Return(BoundRun run)
    {
        if (Interlocked.Increment(ref _kept) > MaxKept)
        {
            Interlocked.Decrement(ref _kept);
            run.Dispose();
            return;
        }
        _free.GetOrAdd(run.Rows, static _ => new ConcurrentStack<BoundRun>()).Push(run);
    }

    /// <summary>Disposes those that nobody uses. The session's last run has ended.</summary>
    public void Dispose()
    {
        foreach (ConcurrentStack<BoundRun> stack in _free.Values)
        {
            while (stack.TryPop(out BoundRun? run))
            {
                run.Dispose();
            }
        }
    }

    private static bool IsBindable(TensorSpec spec, ModelSignature signature) =>
        spec.IsFixed
        && spec.Datatype != TensorDatatype.Bytes
        && spec.IsBatched == signature.IsBatched
        && spec.RowBytes > 0;
}
