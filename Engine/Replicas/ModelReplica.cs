using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sequences;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <summary>
/// One loaded model version on this node: its session, its queue and its turns on the engine's threads.
/// </summary>
public sealed partial class ModelReplica : IServedModel, IEngineWork
{
    private readonly Lock _gate = new();
    private readonly ReplicaSchedule<QueuedInference> _schedule;
    private readonly IEngineScheduler _scheduler;
    private readonly EngineClock _clock;
    private readonly BatchExecutor _executor;
    private readonly ReplicaStatistics _statistics;
    private readonly AnswerRecorder _recorder;
    private readonly Action<QueuedInference, InferenceResponse> _onAnswer;
    private readonly ITimer _timer;
    private readonly bool _canBeShort;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ModelSession _session;
    private TimeSpan _timerAt = TimeSpan.MaxValue;
    private bool _closed;
    private volatile bool _turnsAreShort;

    internal ModelReplica(
        string name,
        string version,
        BatchingChoice batching,
        ModelSession session,
        ReplicaQueueing queueing,
        IEngineScheduler scheduler,
        EngineClock clock,
        RequestLog log
    )
    {
        Name = name;
        Version = version;
        ModelSignature signature = batching.Signature;
        Signature = signature;
        Notice = batching.Notice;
        IsBatchingConfigured = batching.IsConfigured;
        Policy = queueing.Policy;
        _session = session;
        ConfiguredThreads = session.Settings.Threads;
        _configured = queueing.Limits;
        _schedule = new ReplicaSchedule<QueuedInference>(queueing.Limits, queueing.Cost);
        _scheduler = scheduler;
        _clock = clock;
        _statistics = new ReplicaStatistics(clock.Time);
        _recorder = new AnswerRecorder(name, version, _statistics, log, clock);
        _onAnswer = (request, response) =>
        {
            AdmissionPolicy.Leave(_schedule, request);
            _recorder.Answered(request, response, Limits, Policy);
        };
        _executor = new BatchExecutor(signature, name, version, _statistics, clock) { OnRowsMissing = StopBatching };
        if (signature.IsBatched && session.Device is null)
        {
            _executor.Audit = new RowAudit(signature, batching.Rounds, TryHoldSession, OnRowsMet, scheduler, clock);
        }
        // A run's time can be told beforehand only where shapes are fixed; one on a device waits, which the pool must
        // not.
        _canBeShort =
            signature.Inputs.All(input => input.IsFixed) && session.Settings.Provider == ExecutionProviderChoice.Cpu;
        _turnsAreShort = _canBeShort && BatchPolicy.IsShort(queueing.Limits, queueing.Cost.Current);
        _timer = clock.Time.CreateTimer(
            static replica => ((ModelReplica)replica!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>The version, a decimal number.</summary>
    public string Version { get; }

    /// <summary>What it takes and gives.</summary>
    public ModelSignature Signature { get; }

    /// <inheritdoc />
    public string Platform => "onnxruntime_onnx";

    /// <inheritdoc />
    public SequencePolicy? Sequences { get; init; }

    /// <inheritdoc />
    public UseScore Use { get; } = new();

    /// <inheritdoc />
    public string Notice { get; private set; }

    /// <summary>Whether requests share runs and large ones are split.</summary>
    public bool IsBatching => Signature.IsBatched && !Limits.OneRequest;

    /// <summary>Rows that were run again alone and compared.</summary>
    public long AuditedRows => _executor.Audit?.Audited ?? 0;

    /// <summary>Whether the operator decided that it batches, or that it does not.</summary>
    internal bool IsBatchingConfigured { get; }

    /// <summary>Told once of rows that were seen to influence each other, with the notice.</summary>
    internal event Action<string>? RowsMet;

    /// <summary>The <c>parameters</c> of its configuration.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Priorities, deadlines, objectives.</summary>
    public QueuePolicy Policy { get; }

    /// <summary>ONNX Runtime's provider that serves it.</summary>
    public string ExecutionProvider => Session.Settings.Provider;

    /// <summary>Intra-op threads of its session.</summary>
    public int Threads => Session.Settings.Threads;

    /// <summary>The variant that serves.</summary>
    public string Variant => Session.Settings.Variant;

    /// <summary>The variants that may serve in the original's place.</summary>
    public IReadOnlyList<Repository.ModelVariant> Variants { get; init; } = [];

    /// <summary>The original's file.</summary>
    internal string OriginalFile { get; init; } = "";

    /// <summary>Intra-op threads that its configuration asks for.</summary>
    public int ConfiguredThreads { get; }

    /// <summary>The knobs in force. Replacing them takes effect with the next batch.</summary>
    public BatchLimits Limits
    {
        get => _schedule.Limits;
        set
        {
            lock (_gate)
            {
                _schedule.Limits = value with { OneRequest = _configured.OneRequest };
            }
            Wake();
        }
    }

    /// <summary>The measured time of a run.</summary>
    public BatchCost Cost
    {
        get
        {
            lock (_gate)
            {
                return _schedule.Cost.Current;
            }
        }
    }

    /// <summary>Requests waiting.</summary>
    public int QueuedRequests
    {
        get
        {
            lock (_gate)
            {
                return _schedule.Queue.Count;
            }
        }
    }

    internal ModelSession Session => Volatile.Read(ref _session);

    /// <summary>
    /// Queues the request and answers it; takes its tensors over. See <see cref="IInferencePipeline.InferAsync"/>.
    /// </summary>
    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        TryInfer(request, cancellationToken, out ValueTask<InferenceResponse> answer)
            ? answer
            : new ValueTask<InferenceResponse>(
                Refuse(request, InferenceError.Unavailable, $"model '{Name}' version {Version} is being unloaded")
            );

    /// <inheritdoc />
    public bool TryInfer(
        InferenceRequest request,
        CancellationToken cancellationToken,
        out ValueTask<InferenceResponse> answer
    )
    {
        answer = default;
        if (Volatile.Read(ref _closed))
        {
            return false;
        }
        if (Admit(request, cancellationToken, out QueuedInference? queued) is not { } refused)
        {
            if (queued is null)
            {
                return false;
            }
            if (cancellationToken.CanBeCanceled && !queued.IsCompleted)
            {
                queued.CancelWith(
                    static state => ((Cancellation)state!).Cancel(),
                    new Cancellation(this, queued),
                    cancellationToken
                );
            }
            answer = queued.Answer;
            return true;
        }

        answer = new ValueTask<InferenceResponse>(refused);
        return true;
    }

    /// <inheritdoc />
    public InferenceStatistics ReadStatistics() => _statistics.Read(Name, Version, QueuedRequests);

    /// <summary>
    /// Puts a new session in the old one's place; the old one is disposed when its last run has ended.
    /// </summary>
    internal Task SwapAsync(ModelSession session, int concurrency)
    {
        ModelSession old;
        lock (_gate)
        {
            old = _session;
            _session = session;
            _schedule.Limits = _schedule.Limits with { Concurrency = concurrency };
        }

        old.Release();
        Wake();
        return old.Disposed.Task;
    }

    /// <summary>Takes no more requests, answers those it has, and then disposes its session.</summary>
    public async Task DrainAsync()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            // Nobody will come to fill a batch up.
            _schedule.Limits = _schedule.Limits with
            {
                MaxDelay = TimeSpan.Zero,
            };
            EndDrain();
        }

        Wake();
        await _drained.Task.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        Session.Release();
        await Session.Disposed.Task.ConfigureAwait(false);
    }

    private void Cancel(QueuedInference request)
    {
        if (!request.TryFail(InferenceError.Cancelled, "the request was cancelled"))
        {
            return;
        }
        lock (_gate)
        {
            if (_schedule.Queue.Remove(request))
            {
                request.ReleaseReader();
            }
            foreach (RunningBatch batch in request.Running)
            {
                batch.Cancelled();
            }
            EndDrain();
        }
    }

    private sealed class Cancellation(ModelReplica replica, QueuedInference request)
    {
        public void Cancel() => replica.Cancel(request);
    }
}
