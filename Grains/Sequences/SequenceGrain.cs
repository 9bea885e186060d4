using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sequences;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Sequences;
using OrleansInference.Grains.Placement;

namespace OrleansInference.Grains.Sequences;

/// <summary>
/// A sequence under way. Not reentrant: its turn is what keeps the requests in order. Its state lives in memory and is
/// lost with its silo, which the next request is told.
/// </summary>
[ServedModelPlacement]
internal sealed class SequenceGrain(InferenceEngine engine, TimeProvider time) : Grain, ISequenceGrain
{
    private Tensor[] _states = [];
    private IDisposable? _slot;
    private IGrainTimer? _idle;
    private SequencePolicy? _policy;
    private TimeSpan _idleTimeout;
    private string _version = "";
    private bool _started;
    private string _lost = "it has not been started, or its silo was lost";

    /// <inheritdoc />
    public Task BreakAsync(string reason)
    {
        _idle?.Dispose();
        Break(reason);
        GiveUp();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken)
    {
        _idle?.Dispose();
        try
        {
            // Whatever comes of it, what went on before a new beginning does not go on.
            if (request.SequenceStart)
            {
                Break("failed");
            }
            if (Find(request, out InferenceError error, out string message) is not { Sequences: { } policy } model)
            {
                return Refuse(request, error, message);
            }
            _idleTimeout = policy.IdleTimeout;
            if (SequenceInputs.Check(policy, request) is { } wrong)
            {
                Break($"was refused: {wrong}");
                return Refuse(model, request, InferenceError.InvalidArgument, wrong);
            }

            long begin = time.GetTimestamp();
            if (!await TakeSlotAsync(model, policy, request, cancellationToken))
            {
                return Refuse(
                    model,
                    request,
                    InferenceError.DeadlineExceeded,
                    $"no place for sequence '{request.SequenceId}' of model '{request.ModelName}' became free "
                        + $"before the deadline: {policy.MaxActive} sequences are under way"
                );
            }

            return await RunAsync(policy, model, request, time.GetElapsedTime(begin), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Break("was cancelled");
            return Refuse(request, InferenceError.Cancelled, "the request was cancelled");
        }
        catch
        {
            Break("failed");
            throw;
        }
        finally
        {
            if (!_started)
            {
                GiveUp();
            }
            else
            {
                _idle = this.RegisterGrainTimer(
                    OnIdle,
                    _idleTimeout,
                    new GrainTimerCreationOptions(_idleTimeout, Timeout.InfiniteTimeSpan) { KeepAlive = true }
                );
            }
        }
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        GiveUp();
        return Task.CompletedTask;
    }

    private static InferenceAnswer Refuse(InferenceCall request, InferenceError error, string message)
    {
        request.Dispose();
        return InferenceAnswer.Failure(request, error, message);
    }

    /// <summary>
    /// The model version that the sequence began with; a new sequence begins with the one that it asks for.
    /// </summary>
    private IServedModel? Find(InferenceCall request, out InferenceError error, out string message)
    {
        if (request.SequenceStart)
        {
            IServedModel? model = engine.Find(request.ModelName, request.ModelVersion, out error, out message);
            if (model?.Sequences is null && error == InferenceError.None)
            {
                (error, message) = (InferenceError.InvalidArgument, $"model '{request.ModelName}' serves no sequences");
            }
            return model;
        }

        error = InferenceError.InvalidArgument;
        if (_started)
        {
            if (
                engine.Find(request.ModelName, _version, out _, out string reason) is { Sequences: { } policy } model
                && ReferenceEquals(policy, _policy)
            )
            {
                message = "";
                return model;
            }

            Stop(
                $"the version {_version} that it began with is not served any more ({(reason.Length > 0 ? reason : "it was loaded anew")})"
            );
        }

        message =
            $"inference request for sequence {request.SequenceId} to model '{request.ModelName}' must "
            + $"specify the START flag on the first request of the sequence; there is no state of it: "
            + $"{_lost}";
        return null;
    }

    private static InferenceAnswer Refuse(
        IServedModel model,
        InferenceCall request,
        InferenceError error,
        string message
    )
    {
        (model as ModelReplica)?.RecordRefusal(request, error, message);
        return Refuse(request, error, message);
    }

    private async ValueTask<bool> TakeSlotAsync(
        IServedModel model,
        SequencePolicy policy,
        InferenceCall request,
        CancellationToken cancellationToken
    )
    {
        // Another life of the model has places of its own.
        if (_slot is not null && ReferenceEquals(policy, _policy))
        {
            return true;
        }
        GiveUp();
        try
        {
            _slot = await policy.Slots.TakeAsync(
                request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan,
                cancellationToken
            );
        }
        catch (OperationCanceledException)
        {
            (model as ModelReplica)?.RecordRefusal(request, InferenceError.Cancelled, "the request was cancelled");
            throw;
        }
        _policy = policy;
        return _slot is not null;
    }

    private async Task<InferenceAnswer> RunAsync(
        SequencePolicy policy,
        IServedModel model,
        InferenceCall request,
        TimeSpan waited,
        CancellationToken cancellationToken
    )
    {
        InferenceCall complete = SequenceInputs.Complete(
            policy,
            request.After(waited) with
            {
                ModelVersion = model.Version,
            },
            request.SequenceStart ? [] : _states
        );
        InferenceAnswer response = await engine.InferAsync(complete, cancellationToken);
        response = response with { Timings = response.Timings with { Queue = response.Timings.Queue + waited } };
        if (response.Error != InferenceError.None)
        {
            Break(response.Error == InferenceError.Cancelled ? "was cancelled" : $"failed: {response.ErrorMessage}");
            return response;
        }

        (response, Tensor[] states) = SequenceInputs.Split(policy, request, response);
        foreach (Tensor old in _states)
        {
            old.Dispose();
        }
        _states = states;
        _version = model.Version;
        _started = true;
        if (request.SequenceEnd)
        {
            Stop("it has ended");
        }
        // Where the caller is on another silo, writing the answer to the wire is its last use here.
        foreach (Tensor output in response.Outputs)
        {
            output.ReleaseWhenSerialized = true;
        }
        return response;
    }

    private Task OnIdle(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Stop($"it was idle for longer than {timeout.TotalSeconds:0.###} s");
        GiveUp();
        return Task.CompletedTask;
    }

    /// <summary>Its state lacks a request from now on.</summary>
    private void Break(string reason) => Stop($"it was ended by a request that {reason}; start it anew");

    private void Stop(string reason) => (_started, _lost) = (false, reason);

    private void GiveUp()
    {
        _idle?.Dispose();
        _slot?.Dispose();
        _slot = null;
        foreach (Tensor state in _states)
        {
            state.Dispose();
        }
        _states = [];
    }
}
