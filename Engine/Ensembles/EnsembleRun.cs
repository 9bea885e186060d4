using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Ensembles;

/// <summary>
/// One request on its way through an ensemble. A step starts as soon as its tensors are there, beside others that can;
/// all of them share the request's deadline and cancellation, and the first failure cancels the rest.
/// </summary>
internal sealed class EnsembleRun(
    EnsemblePlan plan,
    EnsembleSelection selection,
    StepRunner run,
    EngineClock clock,
    InferenceCall request,
    string version,
    TimeSpan arrival
)
{
    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly Dictionary<string, int> _readers = [];
    private readonly List<EnsembleStep> _waiting = [.. selection.Steps];
    private InferenceTimings _timings;

    public async Task<InferenceAnswer> RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Dictionary<Task<InferenceAnswer>, EnsembleStep> running = [];
        InferenceAnswer? failure = null;
        try
        {
            foreach (Tensor input in request.Inputs)
            {
                Keep(
                    input.Name,
                    input.WithName(input.Name, Spec(plan.Signature.Inputs, input.Name).ToGraph([.. input.Shape]))
                );
            }
            while (true)
            {
                if (failure is null)
                {
                    Start(running, stop.Token);
                }
                if (running.Count == 0)
                {
                    break;
                }
                Task<InferenceAnswer> ended = await Task.WhenAny(running.Keys).ConfigureAwait(false);
                running.Remove(ended, out EnsembleStep? step);
                using InferenceAnswer response = await AnswerOfAsync(ended, step!).ConfigureAwait(false);
                // What was under way is awaited all the same: its answer holds tensors to give back.
                if (failure is not null)
                {
                    continue;
                }
                if (response.Error == InferenceError.None)
                {
                    Take(step!, response);
                    continue;
                }

                failure = response with { Outputs = [], ErrorMessage = InStep(step!, response.ErrorMessage) };
                await stop.CancelAsync().ConfigureAwait(false);
            }

            return failure is null
                ? Answer()
                : InferenceAnswer.Failure(request, failure.Error, failure.ErrorMessage) with
                {
                    Timings = _timings,
                };
        }
        finally
        {
            foreach (Tensor tensor in _tensors.Values)
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>A step that throws has failed like any other: the rest is stopped and awaited.</summary>
    private async Task<InferenceAnswer> AnswerOfAsync(Task<InferenceAnswer> ended, EnsembleStep step)
    {
        try
        {
            return await ended.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            return InferenceAnswer.Failure(
                request with
                {
                    ModelName = step.ModelName,
                },
                InferenceError.Internal,
                exception.Message
            );
        }
    }

    private void Start(Dictionary<Task<InferenceAnswer>, EnsembleStep> running, CancellationToken cancellationToken)
    {
        // A step whose input was left out of the request, because it is optional, never gets it: it runs without.
        foreach (EnsembleStep step in _waiting.FindAll(step => step.Inputs.Values.All(IsSettled)))
        {
            _waiting.Remove(step);
            running.Add(RunAsync(step, cancellationToken), step);
        }
    }

    private bool IsSettled(string tensor) =>
        _tensors.ContainsKey(tensor)
        || _readers.ContainsKey(tensor)
        || plan.Signature.Inputs.Any(input => input.Name == tensor);

    private async Task<InferenceAnswer> RunAsync(EnsembleStep step, CancellationToken cancellationToken)
    {
        List<Tensor> inputs = [];
        foreach ((string input, string tensor) in step.Inputs)
        {
            if (!_tensors.TryGetValue(tensor, out Tensor? value))
            {
                continue;
            }
            TensorSpec? spec = Array.Find(step.Takes, taken => taken.Name == input);
            inputs.Add(
                spec is null ? value.WithName(input) : value.WithName(input, BatchDimension.For(value.Shape, spec))
            );
            Release(tensor);
        }

        InferenceCall part = request.After(clock.Now - arrival) with
        {
            ModelName = step.ModelName,
            ModelVersion = step.ModelVersion,
            Inputs = [.. inputs],
            RequestedOutputs = selection.RequestedOutputs(step),
            // Other steps are started beside it.
            MayRunOnCaller = false,
        };
        return await run(part, cancellationToken).ConfigureAwait(false);
    }

    private void Take(EnsembleStep step, InferenceAnswer response)
    {
        foreach (string output in selection.RequestedOutputs(step))
        {
            string tensor = step.Outputs[output];
            Keep(tensor, response.Output(output).WithName(tensor));
        }
        _timings = new InferenceTimings
        {
            Load = _timings.Load + response.Timings.Load,
            Queue = _timings.Queue + response.Timings.Queue,
            ComputeInput = _timings.ComputeInput + response.Timings.ComputeInput,
            ComputeInfer = _timings.ComputeInfer + response.Timings.ComputeInfer,
            ComputeOutput = _timings.ComputeOutput + response.Timings.ComputeOutput,
            BatchRows = Math.Max(_timings.BatchRows, response.Timings.BatchRows),
        };
    }

    private void Keep(string name, Tensor tensor)
    {
        int readers = selection.Readers(name);
        _readers[name] = readers;
        if (readers > 0)
        {
            _tensors[name] = tensor;
        }
        else
        {
            tensor.Dispose();
        }
    }

    /// <summary>A tensor is given back with its last reader, not with the request.</summary>
    private void Release(string name)
    {
        if (--_readers[name] > 0)
        {
            return;
        }
        _tensors.Remove(name, out Tensor? tensor);
        tensor?.Dispose();
    }

    /// <summary>What failed in the ensemble; the step is named once, in its own message where that names it.</summary>
    private string InStep(EnsembleStep step, string message)
    {
        string model = $"model '{step.ModelName}'";
        string where = message.Contains(model, StringComparison.Ordinal) ? "" : $"step {model}: ";
        return $"in ensemble '{request.ModelName}', {where}{message}";
    }

    private InferenceAnswer Answer()
    {
        return new InferenceAnswer
        {
            ModelName = request.ModelName,
            ModelVersion = version,
            Id = request.Id,
            Outputs = [.. selection.Outputs.Select(Output)],
            Timings = _timings,
        };
    }

    private Tensor Output(string name)
    {
        TensorSpec spec = Spec(plan.Signature.Outputs, name);
        Tensor tensor = _tensors[name];
        return tensor.WithName(name, spec.ToCaller(BatchDimension.For(tensor.Shape, spec.Graph)));
    }

    private static TensorSpec Spec(TensorSpec[] specs, string name) => Array.Find(specs, spec => spec.Name == name)!;
}
