using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// A job's state machine: Preparing, Running, Merging, Completed. A timer drives it in short steps. Every step may run
/// again: after a crash, or in a second activation while the cluster disagrees on its members.
/// </summary>
[Immovable]
internal sealed partial class BulkJobGrain : Grain, IBulkJobGrain, IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly IPersistentState<JobRecord> _stored;
    private readonly JobPlanner _planner;
    private readonly JobRegistry _registry;
    private readonly JobOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<BulkJobGrain> _logger;
    private readonly JobShards _shards;
    private CancellationTokenSource _stop = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<BulkRange[]>? _split;
    private Task? _merge;
    private IGrainTimer? _timer;
    private bool _begun;
    private long _change = 1;

    public BulkJobGrain(
        [PersistentState("job")] IPersistentState<JobRecord> stored,
        JobPlanner planner,
        JobRegistry registry,
        IOptions<JobOptions> options,
        TimeProvider time,
        ILogger<BulkJobGrain> logger
    )
    {
        _stored = stored;
        _planner = planner;
        _registry = registry;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _shards = new JobShards(GrainFactory, Id, time);
    }

    private string Id => this.GetPrimaryKeyString();

    private JobRecord Record => _stored.State;

    private IBulkJobIndexGrain Index => GrainFactory.GetGrain<IBulkJobIndexGrain>(0);

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Record.IsActive)
        {
            StartTimer();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Who waits for a change asks again, and finds the next activation.
        _changed.TrySetResult();
        await _stop.CancelAsync();
    }

    /// <inheritdoc />
    public async Task<BulkJobStatus> StartAsync(BulkJobSpec spec)
    {
        bool same = Record.Spec is { } known && SpecJson.AreSame(known, spec);
        if (Record.IsUnderWay && !same)
        {
            throw Invalid($"job '{Id}' is another one that has not ended: cancel it first, or choose another id");
        }
        if (Record.IsUnderWay)
        {
            return Record.State == BulkJobState.Paused ? await ResumeAsync() : Status();
        }
        BulkShardPlan plan = await _planner.PlanAsync(spec, CancellationToken.None);
        if (
            same
            && Record.State == BulkJobState.Completed
            && Record.Plan!.Parts == plan.Parts
            && File.Exists(spec.Output)
        )
        {
            return Status();
        }
        await ClaimAsync(plan);
        // Listed before it is stored: a crash in between leaves an entry that EnsureRunningAsync removes. The other
        // order would leave a job that nobody resumes.
        await Index.SetAsync(Id, active: true);
        await StoreAsync(
            new JobRecord
            {
                Spec = spec,
                Plan = plan,
                State = BulkJobState.Preparing,
                Started = _time.GetUtcNow(),
            }
        );
        _registry.Add(Id, spec);
        LogStarted(Id, spec.Model, plan.Spec.Version, spec.Input);
        StartTimer();
        return Status();
    }

    /// <inheritdoc />
    public Task<BulkJobStatus> GetStatusAsync() => Task.FromResult(Status());

    /// <inheritdoc />
    public async Task<BulkJobStatus> WaitAsync(long change)
    {
        if (Status().Change == change)
        {
            await _changed
                .Task.WaitAsync(LongestWait, _time)
                .ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext
                );
        }
        return Status();
    }

    /// <inheritdoc />
    public async Task EnsureRunningAsync()
    {
        if (!Record.IsActive)
        {
            await DeregisterAsync();
        }
        else if (_timer is null)
        {
            StartTimer();
        }
    }

    /// <inheritdoc />
    public async Task RecoverAsync(BulkJobSpec spec)
    {
        if (Record.Spec is null)
        {
            await StartAsync(spec);
        }
        else if (!Record.IsActive)
        {
            await DeregisterAsync();
        }
    }

    /// <inheritdoc />
    public async Task<BulkJobStatus> PauseAsync()
    {
        RequireUnderWay();
        if (Record.State == BulkJobState.Paused)
        {
            return Status();
        }
        await StopAsync();
        await StoreAsync(Record with { State = BulkJobState.Paused });
        await DeregisterAsync();
        return Status();
    }

    /// <inheritdoc />
    public async Task<BulkJobStatus> ResumeAsync()
    {
        RequireUnderWay();
        if (Record.State != BulkJobState.Paused)
        {
            return Status();
        }
        await Index.SetAsync(Id, active: true);
        await StoreAsync(
            Record with
            {
                State = Record.Shards.Length == 0 ? BulkJobState.Preparing : BulkJobState.Running,
            }
        );
        _registry.Add(Id, Record.Spec!);
        StartTimer();
        return Status();
    }

    /// <inheritdoc />
    public async Task<BulkJobStatus> CancelAsync()
    {
        if (Record.Spec is null || Record.State == BulkJobState.Completed)
        {
            RequireUnderWay();
        }
        if (Record.State == BulkJobState.Cancelled)
        {
            return Status();
        }
        await StopAsync();
        await StoreAsync(
            Record with
            {
                State = BulkJobState.Cancelled,
                Done = [],
                Recovered = 0,
                Ended = _time.GetUtcNow(),
            }
        );
        _shards.Begin(Record.Plan!, [], []);
        RemoveParts();
        await DeregisterAsync();
        return Status();
    }

    /// <inheritdoc />
    public void Dispose() => _stop.Dispose();

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);

    private void RequireUnderWay()
    {
        _ = Status();
        if (!Record.IsUnderWay)
        {
            throw Invalid($"job '{Id}' has ended: it is {Record.State.ToString().ToLowerInvariant()}");
        }
    }

    private BulkJobStatus Status()
    {
        if (Record.Spec is null)
        {
            throw new InferenceException(InferenceError.NotFound, $"there is no job '{Id}'");
        }
        return new BulkJobStatus
        {
            Id = Id,
            Spec = Record.Spec,
            State = Record.State,
            Rows = Record.Shards.Length == 0 ? 0 : Record.Shards[^1].End,
            RowsDone = Record.Done.Sum(index => Record.Shards[index].Rows) + _shards.Rows,
            Shards = Record.Shards.Length,
            ShardsDone = Record.Done.Length,
            ShardsRunning = _shards.Running,
            ShardsRecovered = Record.Recovered,
            ModelVersion = Record.Plan?.Spec.Version ?? "",
            Error = Record.Error,
            Started = Record.Started,
            Ended = Record.Ended,
            Change = _change,
        };
    }

    private async Task ClaimAsync(BulkShardPlan plan)
    {
        if (JobFiles.FindOwner(plan.Spec.Output) is { } other && other != Id && await IsUnderWayAsync(other))
        {
            throw Invalid($"'{plan.Spec.Output}' is being written by job '{other}', which has not ended");
        }
        try
        {
            JobFiles.Claim(Id, plan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid($"'{JobFiles.Folder(plan.Spec.Output)}' cannot be written: {exception.Message}");
        }
    }

    private async Task<bool> IsUnderWayAsync(string other)
    {
        try
        {
            return (await GrainFactory.GetGrain<IBulkJobGrain>(other).GetStatusAsync()).State
                is BulkJobState.Preparing
                    or BulkJobState.Running
                    or BulkJobState.Merging
                    or BulkJobState.Paused;
        }
        catch (InferenceException exception) when (exception.Error == InferenceError.NotFound)
        {
            return false;
        }
    }

    private async Task DeregisterAsync()
    {
        await Index.SetAsync(Id, active: false);
        _registry.Remove(Id);
    }

    private async Task StoreAsync(JobRecord record)
    {
        JobRecord before = Record;
        try
        {
            _stored.State = record;
            await _stored.WriteStateAsync();
        }
        catch (Exception exception)
        {
            // Another activation has gone on from here; the next one of this job reads where it is.
            if (exception is InconsistentStateException)
            {
                DeactivateOnIdle();
            }
            _stored.State = before;
            throw;
        }

        NotifyChanged();
    }

    private void NotifyChanged()
    {
        _change++;
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
