using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Execution;

/// <summary>Hands requests to the models that serve them; in mode <c>demand</c> after they have been loaded.</summary>
internal sealed class RequestExecutor
{
    private readonly EngineOptions _options;
    private readonly ModelTable _table;
    private readonly ModelRepository _repository;
    private readonly DemandLoader _demand;
    private readonly EngineClock _clock;
    private readonly StepRunner _stepsHere;

    /// <summary>Creates it.</summary>
    public RequestExecutor(
        EngineOptions options,
        ModelTable table,
        ModelRepository repository,
        DemandLoader demand,
        EngineClock clock
    )
    {
        _options = options;
        _table = table;
        _repository = repository;
        _demand = demand;
        _clock = clock;
        _stepsHere = InferAsync;
    }

    /// <summary>Runs a request, whose tensors it takes over, and the steps of an ensemble on this node.</summary>
    public ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken) =>
        InferAsync(request, _stepsHere, cancellationToken);

    /// <summary>Runs a request, whose tensors it takes over.</summary>
    /// <param name="request">The request.</param>
    /// <param name="steps">Runs the steps of an ensemble.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken
    )
    {
        InferenceError error;
        string message;
        while (_table.Find(request.ModelName, request.ModelVersion, out error, out message) is { } model)
        {
            // A model that is being replaced takes nothing more; its successor was published before it closed.
            if (model.TryInfer(request, steps, cancellationToken, out ValueTask<InferenceAnswer> answer))
            {
                return answer;
            }
        }
        // Of a model that is there, only a version can be missing; the model may come and go between the two looks.
        bool lacksVersion =
            error == InferenceError.NotFound
            && _table.TryGet(request.ModelName, out ServedVersions? served)
            && served.Find(request.ModelVersion) is null;
        if (_options.Mode == ModelControlMode.Demand && !lacksVersion)
        {
            return LoadAndInferAsync(request, steps, error, message, cancellationToken);
        }
        request.Dispose();
        return new ValueTask<InferenceAnswer>(InferenceAnswer.Failure(request, error, message));
    }

    /// <summary>Waits, in mode <c>demand</c>, until a model of the repository is loaded.</summary>
    public async Task<DemandResult> EnsureLoadedAsync(string name, CancellationToken cancellationToken)
    {
        if (_table.TryGet(name, out _))
        {
            return DemandResult.Serves;
        }
        if (_options.Mode != ModelControlMode.Demand || !_repository.Has(name))
        {
            return DemandResult.NotOnDemand;
        }
        if (_demand.Refusal(name) is { } refusal)
        {
            return DemandResult.Refused(refusal);
        }
        LoadResult result = await _demand.LoadAsync(name, cancellationToken).ConfigureAwait(false);
        return result.IsReady || _table.TryGet(name, out _) ? DemandResult.Serves : DemandResult.Refused(result.Reason);
    }

    private async ValueTask<InferenceAnswer> LoadAndInferAsync(
        InferenceCall request,
        StepRunner steps,
        InferenceError error,
        string message,
        CancellationToken cancellationToken
    )
    {
        TimeSpan start = _clock.Now;
        using CancellationTokenSource deadline = new(
            request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan,
            _clock.Time
        );
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            deadline.Token
        );
        DemandResult loaded;
        try
        {
            loaded = await EnsureLoadedAsync(request.ModelName, wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            request.Dispose();
            return cancellationToken.IsCancellationRequested
                ? InferenceAnswer.Failure(request, InferenceError.Cancelled, "the request was cancelled")
                : InferenceAnswer.Failure(
                    request,
                    InferenceError.DeadlineExceeded,
                    $"the deadline passed while model '{request.ModelName}' was being loaded"
                );
        }
        switch (loaded.Status)
        {
            case DemandStatus.NotOnDemand:
                request.Dispose();
                return InferenceAnswer.Failure(request, error, message);
            case DemandStatus.Refused:
                request.Dispose();
                string reason =
                    $"Request for unknown model: '{request.ModelName}' has no available versions: {loaded.Reason}";
                return InferenceAnswer.Failure(request, InferenceError.Unavailable, reason);
        }

        TimeSpan load = _clock.Now - start;
        // Many have waited for the same load: one thread must not run them one after the other.
        InferenceCall next = request.After(load) with
        {
            MayRunOnCaller = false,
        };
        InferenceAnswer response = await InferAsync(next, steps, cancellationToken).ConfigureAwait(false);
        return response with { Timings = response.Timings with { Load = response.Timings.Load + load } };
    }
}
