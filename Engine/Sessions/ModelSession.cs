using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Emulation;

namespace OrleansInference.Engine.Sessions;

/// <summary>An ONNX Runtime session shared by concurrent runs and disposed when the last of them has ended.</summary>
internal sealed class ModelSession
{
    /// <summary>Rows below which a run's memory is not worth giving back.</summary>
    private const int LeastRows = 16;

    private readonly Lock _lock = new();
    private BoundRuns[] _bound = [];
    private int _users = 1;
    private bool _placesOutputs = true;
    private float _usualRows = 1;

    public ModelSession(InferenceSession session, SessionSettings settings, ModelSignature signature)
    {
        Session = session;
        Settings = settings;
        RequiredInputNames = [.. signature.Inputs.Where(input => !input.IsOptional).Select(input => input.Name)];
        OutputNames = [.. signature.Outputs.Select(output => output.Name)];
    }

    public InferenceSession Session { get; }

    /// <summary>
    /// The device that takes the session's time, where that is emulated; its ONNX Runtime session then only tells the
    /// signature.
    /// </summary>
    public IEmulatedDevice? Device { get; init; }

    public SessionSettings Settings { get; }

    /// <summary>
    /// Whether outputs have the shapes that the file declares, so that their memory can be given to a run beforehand.
    /// </summary>
    public bool PlacesOutputs
    {
        get => Volatile.Read(ref _placesOutputs);
        set => Volatile.Write(ref _placesOutputs, value);
    }

    public string[] RequiredInputNames { get; }

    public string[] OutputNames { get; }

    /// <summary>Ends once the session has been disposed.</summary>
    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Whether a run is much larger than this session's runs usually are: what it takes is given back after it. ONNX
    /// Runtime's arena keeps the memory of the largest run that there ever was, and one backlog would decide what the
    /// process holds. Runs count themselves here; a lost count does no harm.
    /// </summary>
    public bool IsUnusual(int rows)
    {
        float usual = _usualRows;
        _usualRows = usual + (0.02f * (rows - usual));
        return rows >= LeastRows && rows > 4 * usual;
    }

    /// <summary>The bound runs for a reading of the signature: a model that is probed may turn out not to batch.</summary>
    public BoundRuns Bound(ModelSignature signature)
    {
        foreach (BoundRuns known in Volatile.Read(ref _bound))
        {
            if (ReferenceEquals(known.Signature, signature))
            {
                return known;
            }
        }

        lock (_lock)
        {
            // Two first runs may come here together: only one of them may bind.
            if (Array.Find(_bound, known => ReferenceEquals(known.Signature, signature)) is { } other)
            {
                return other;
            }
            bool isOnCpu = Device is null && Settings.Provider == ExecutionProviderChoice.Cpu;
            BoundRuns bound = new(Session, signature, isOnCpu);
            Volatile.Write(ref _bound, [.. _bound, bound]);
            return bound;
        }
    }

    /// <summary>Holds the session for one run; false when it is on its way out.</summary>
    public bool TryAcquire()
    {
        int users = Volatile.Read(ref _users);
        // Never from zero upwards: a session without users is being disposed.
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }
            users = seen;
        }

        return false;
    }

    /// <summary>Ends a hold, or the owner's own, with which the session is created.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) != 0)
        {
            return;
        }
        foreach (BoundRuns bound in _bound)
        {
            bound.Dispose();
        }
        Session.Dispose();
        OnnxRuntimeEnvironment.TrimMemory();
        Disposed.TrySetResult();
    }
}
