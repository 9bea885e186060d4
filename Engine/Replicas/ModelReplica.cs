using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sequences;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <summary>
/// One loaded model version on this node. <see cref="ReplicaAdmission"/> lets requests in, <see cref="ReplicaRunner"/>
/// runs them; this puts the two together and shows how the replica runs.
/// </summary>
public sealed class ModelReplica : IServedModel
{
    private readonly ReplicaSpec _spec;
    private readonly ReplicaState _state;
    private readonly ReplicaAdmission _admission;
    private readonly ReplicaRunner _runner;
    private readonly BatchExecutor _executor;
    private readonly ReplicaStatistics _statistics;
    private readonly AnswerRecorder _recorder;

    /// <summary>The configured limits, which unset knobs go back to.</summary>
    private BatchLimits _configured;

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
        _spec = new ReplicaSpec(name, version, batching.Signature, queueing.Policy);
        _configured = queueing.Limits;
        Notice = batching.Notice;
        IsBatchingConfigured = batching.IsConfigured;
        ConfiguredThreads = session.Settings.Threads;
        ReplicaSchedule<QueuedInference> schedule = new(queueing.Limits, queueing.Cost, queueing.Policy.LimitsLevels);
        AnswerOrder? order = queueing.Policy.PreservesOrder ? new AnswerOrder() : null;
        _state = new ReplicaState(schedule, session, clock.Time) { Order = order };
        _statistics = new ReplicaStatistics(clock.Time);
        BatchAnswers answers = new(_spec, _statistics, clock) { Order = order };
        _executor = new BatchExecutor(_spec, answers, clock) { OnRowsMissing = StopBatching };
        // An emulated device answers zeros, and rows of a ragged batch are meant to meet: there is nothing to compare.
        if (Signature.IsBatched && !Signature.IsRagged && session.Device is null)
        {
            _executor.Audit = new RowAudit(
                Signature,
                batching.Rounds,
                _state.TryHoldSession,
                OnRowsMet,
                scheduler,
                clock
            );
        }
        _runner = new ReplicaRunner(_spec, _state, _executor, scheduler, clock);
        _recorder = new AnswerRecorder(name, version, _statistics, log, clock);
        _admission = new ReplicaAdmission(_spec, _state, _runner, scheduler, _recorder, clock);
    }

    /// <inheritdoc />
    public string Name => _spec.Name;

    /// <inheritdoc />
    public string Version => _spec.Version;

    /// <inheritdoc />
    public ModelSignature Signature => _spec.Signature;

    /// <inheritdoc />
    public string Platform => "onnxruntime_onnx";

    /// <inheritdoc />
    public SequencePolicy? Sequences { get; init; }

    /// <inheritdoc />
    public UseScore Use => _admission.Use;

    /// <inheritdoc />
    public string Notice { get; private set; }

    /// <summary>Whether requests share runs and large ones are split.</summary>
    public bool IsBatching => Signature.IsBatched && !Signature.IsRagged && !Limits.OneRequest;

    /// <summary>Rows that were run again alone and compared.</summary>
    public long AuditedRows => _executor.Audit?.Audited ?? 0;

    /// <summary>Whether the operator decided that it batches, or that it does not.</summary>
    internal bool IsBatchingConfigured { get; }

    /// <summary>Told once of rows that were seen to influence each other, with the notice.</summary>
    internal event Action<string>? RowsMet;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Counts and remembers a request that was answered with an error before it came here.</summary>
    public void RecordRefusal(InferenceCall request, InferenceError error, string message) =>
        _recorder.RecordRefusal(request, error, message);

    /// <summary>Priorities, deadlines, objectives.</summary>
    public QueuePolicy Policy => _spec.Policy;

    /// <inheritdoc />
    public string ExecutionProvider => Session.Settings.Provider;

    /// <summary>Intra-op threads of its session.</summary>
    public int Threads => Session.Settings.Threads;

    /// <summary>The variant that serves.</summary>
    public string Variant => Session.Settings.Variant;

    /// <summary>The variants that may serve in the original's place.</summary>
    public IReadOnlyList<ModelVariant> Variants { get; init; } = [];

    /// <summary>The original's file.</summary>
    internal string OriginalFile { get; init; } = "";

    /// <summary>Intra-op threads that its configuration asks for.</summary>
    public int ConfiguredThreads { get; }

    /// <summary>The knobs in force. Replacing them takes effect with the next batch.</summary>
    public BatchLimits Limits
    {
        get => _state.Schedule.Limits;
        set
        {
            lock (_state.Gate)
            {
                // Whether rows are independent is no knob: neither a plan nor a search turns sharing on again.
                _state.Schedule.Limits = value with
                {
                    OneRequest = _configured.OneRequest,
                    KeepsWhole = _configured.KeepsWhole,
                };
            }
            // More runs may be allowed now than turns are under way.
            _runner.Wake();
        }
    }

    /// <summary>
    /// How it runs now, every setting filled in; a cap of 0 rows leaves the size of a batch to the measured cost.
    /// </summary>
    public ReplicaKnobs Knobs
    {
        get
        {
            BatchLimits limits = Limits;
            return new ReplicaKnobs
            {
                Threads = Threads,
                Instances = limits.Concurrency,
                MaxRows = limits.RowLimit,
                DelayMs = limits.MaxDelay.TotalMilliseconds,
                Variant = Variants.Count == 0 ? null : Variant,
            };
        }
    }

    /// <summary>The measured time of a run.</summary>
    public BatchCost Cost
    {
        get
        {
            lock (_state.Gate)
            {
                return _state.Schedule.Cost.Current;
            }
        }
    }

    /// <summary>Requests waiting.</summary>
    public int QueuedRequests
    {
        get
        {
            lock (_state.Gate)
            {
                return _state.Schedule.Queue.Count;
            }
        }
    }

    internal ModelSession Session => _state.Session;

    /// <summary>
    /// Queues the request and answers it; takes its tensors over. A replica that is being unloaded refuses it.
    /// </summary>
    public ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken)
    {
        AdmissionResult result = _admission.Admit(request, cancellationToken);
        if (result.IsClosed)
        {
            string unloading = $"model '{Name}' version {Version} is being unloaded";
            result = _admission.Refuse(request, InferenceError.Unavailable, unloading);
        }
        return AnswerOf(result);
    }

    /// <inheritdoc />
    public bool TryInfer(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken,
        out ValueTask<InferenceAnswer> answer
    )
    {
        AdmissionResult result = _admission.Admit(request, cancellationToken);
        answer = result.IsClosed ? default : AnswerOf(result);
        return !result.IsClosed;
    }

    /// <inheritdoc />
    public InferenceStatistics ReadStatistics() => _statistics.Read(Name, Version, QueuedRequests);

    /// <summary>Takes over everything but the threads; unset knobs mean what is configured.</summary>
    /// <param name="knobs">The knobs.</param>
    /// <param name="engineThreads">Threads that batches run on: no more run at once.</param>
    internal void SetLimits(in ReplicaKnobs knobs, int engineThreads)
    {
        BatchLimits limits = _configured.With(knobs, Threads, engineThreads);
        // A sequence's state lives in a numbered slot of an instance: their number is fixed with the session.
        if (Sequences is not null)
        {
            limits = limits with { Concurrency = _configured.Concurrency };
        }
        if (limits != Limits)
        {
            Limits = limits;
        }
    }

    /// <summary>Runs at once that its configuration asks for.</summary>
    internal int ConfiguredInstances => _configured.Concurrency;

    /// <summary>Another number of instances is configured; what waits and what runs goes on.</summary>
    internal void Resize(int instances)
    {
        lock (_state.Gate)
        {
            _configured = _configured with { Concurrency = instances };
            _state.Schedule.Limits = _state.Schedule.Limits with { Concurrency = instances };
        }
        if (Sequences is { IsPerInstance: true } sequences)
        {
            sequences.Slots.Resize(SequencePolicyReader.PlacesOf(instances, Signature));
        }
        // More runs may be allowed now than turns are under way.
        _runner.Wake();
    }

    /// <summary>
    /// Puts a new session in the old one's place; the old one is disposed when its last run has ended.
    /// </summary>
    internal Task SwapAsync(ModelSession session, int concurrency)
    {
        ModelSession old;
        lock (_state.Gate)
        {
            old = _state.Swap(session);
            _state.Schedule.Limits = _state.Schedule.Limits with { Concurrency = concurrency };
        }

        old.Release();
        _runner.Wake();
        return old.Disposed.Task;
    }

    /// <inheritdoc />
    public async Task DrainAsync()
    {
        lock (_state.Gate)
        {
            if (_state.IsClosed)
            {
                return;
            }
            _state.Close();
        }

        _runner.Wake();
        await _state.Drained.ConfigureAwait(false);
        // Only now: while the queue drains, the timer still drops what is overdue.
        await _state.Timer.DisposeAsync().ConfigureAwait(false);
        Session.Release();
        await Session.Disposed.Task.ConfigureAwait(false);
    }

    private static ValueTask<InferenceAnswer> AnswerOf(in AdmissionResult result) =>
        result.Queued is { } queued ? queued.Answer : new ValueTask<InferenceAnswer>(result.Refusal!);

    /// <summary>
    /// An audited row was answered otherwise in its batch. Where the operator configured batching, that is a warning;
    /// else batching ends here.
    /// </summary>
    private void OnRowsMet(string difference)
    {
        if (!IsBatchingConfigured)
        {
            StopBatching($"a row gave another answer in a batch than alone ({difference})");
            return;
        }

        string configured = $"max_batch_size is {Signature.MaxBatchSize}";
        SetNotice(
            $"{configured}, but a row gave another answer in a batch than alone ({difference}); set max_batch_size: 0"
        );
    }

    /// <summary>From the next batch on, each request runs alone and whole.</summary>
    private void StopBatching(string reason)
    {
        lock (_state.Gate)
        {
            if (_state.Schedule.Limits.OneRequest)
            {
                return;
            }
            _state.Schedule.Limits = _state.Schedule.Limits with { OneRequest = true };
            _configured = _configured with { OneRequest = true };
        }

        _executor.Audit = null;
        SetNotice($"requests run one at a time from now on: {reason}; set max_batch_size: 0");
    }

    private void SetNotice(string notice)
    {
        // Told once, not again with every row that is audited.
        bool isNew = Notice != notice;
        Notice = notice;
        if (isNew)
        {
            RowsMet?.Invoke(notice);
        }
    }
}
