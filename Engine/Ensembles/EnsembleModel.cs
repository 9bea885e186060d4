using System.Diagnostics;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sequences;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Ensembles;

/// <summary>
/// A pipeline of models served as one (Triton's ensemble): its requests run the steps of an <see cref="EnsemblePlan"/>.
/// It has no queue of its own; each step is queued and batched at its model, with all other requests for that model.
/// </summary>
public sealed class EnsembleModel : IServedModel
{
    private readonly Lock _gate = new();
    private readonly EnsemblePlan _plan;
    private readonly EngineClock _clock;
    private readonly ReplicaStatistics _statistics;
    private readonly RequestLog _log;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _active;
    private bool _closed;

    internal EnsembleModel(string name, string version, EnsemblePlan plan, EngineClock clock, RequestLog log)
    {
        Name = name;
        Version = version;
        _plan = plan;
        _clock = clock;
        _log = log;
        _statistics = new ReplicaStatistics(clock.Time);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public string Version { get; }

    /// <inheritdoc />
    public string Platform => "ensemble";

    /// <inheritdoc />
    public string Notice => "";

    /// <inheritdoc />
    public string ExecutionProvider => "";

    /// <inheritdoc />
    public ModelSignature Signature => _plan.Signature;

    /// <summary>The steps.</summary>
    public EnsemblePlan Plan => _plan;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc />
    public SequencePolicy? Sequences => null;

    /// <inheritdoc />
    public UseScore Use { get; } = new();

    /// <inheritdoc />
    public bool TryInfer(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken,
        out ValueTask<InferenceAnswer> answer
    )
    {
        answer = default;
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }
            // Under the lock that closes it, so that no drain misses a request that has begun.
            _active++;
            Use.Touch(_clock.Now);
        }

        answer = new ValueTask<InferenceAnswer>(InferAsync(request, steps, cancellationToken));
        return true;
    }

    /// <inheritdoc />
    public InferenceStatistics ReadStatistics() => _statistics.Read(Name, Version, 0);

    /// <inheritdoc />
    public Task DrainAsync()
    {
        lock (_gate)
        {
            _closed = true;
            if (_active == 0)
            {
                _drained.TrySetResult();
            }
        }

        return _drained.Task;
    }

    private async Task<InferenceAnswer> InferAsync(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken
    )
    {
        TimeSpan arrival = _clock.Now;
        Activity? caller = Activity.Current;
        using Activity? activity = EngineActivity.StartEnsemble(Name, Version);
        int rows = 1;
        try
        {
            InferenceAnswer response;
            if (RequestCheck.Check(request, Signature, out string wrong) is not { } queued)
            {
                response = InferenceAnswer.Failure(request, InferenceError.InvalidArgument, wrong);
            }
            else
            {
                rows = queued.Rows;
                response = await new EnsembleRun(
                    _plan,
                    _plan.Select(request.RequestedOutputs),
                    steps,
                    _clock,
                    request,
                    Version,
                    arrival
                )
                    .RunAsync(cancellationToken)
                    .ConfigureAwait(false);
            }

            Record(request, response, rows, _clock.Now - arrival);
            return response;
        }
        finally
        {
            request.Dispose();
            Activity.Current = caller;
            Leave();
        }
    }

    private void Record(InferenceCall request, InferenceAnswer response, int rows, TimeSpan elapsed)
    {
        if (request.IsProbe)
        {
            return;
        }
        if (response.Error == InferenceError.None)
        {
            _statistics.AddRun(
                rows,
                response.Timings.ComputeInput,
                response.Timings.ComputeInfer,
                response.Timings.ComputeOutput
            );
            LatencyMeter.Record(Name, Version, elapsed, response.Timings);
        }
        _statistics.AddAnswer(
            response.Error,
            rows,
            elapsed,
            response.Timings,
            isLate: request.SloP99Ms > 0 && elapsed.TotalMilliseconds > request.SloP99Ms,
            bytes: 0,
            request.Background
        );
        _log.Add(
            new RequestLog.Entry
            {
                Id = request.Id,
                ModelName = Name,
                ModelVersion = Version,
                Elapsed = elapsed,
                Outcome = response.Error,
                Message = response.ErrorMessage,
                Rows = rows,
                Timings = response.Timings,
                // It has no queue, so that none of its own can be why a request waited.
                Concurrency = int.MaxValue,
            }
        );
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_active == 0 && _closed)
            {
                _drained.TrySetResult();
            }
        }
    }
}
