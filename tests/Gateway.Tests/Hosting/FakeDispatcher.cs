using System.Collections.Concurrent;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>
/// Model <c>echo</c> returns its inputs as outputs of the same name; a model named after an
/// <see cref="InferenceError"/> answers that error; <c>throws</c> fails unexpectedly. Remembers every tensor, to check
/// that all were released.
/// </summary>
internal sealed class FakeDispatcher : IRequestDispatcher
{
    private readonly ConcurrentQueue<Tensor> _tensors = [];
    private int _requests;

    /// <summary>Replaces the models above.</summary>
    public Func<InferenceCall, CancellationToken, ValueTask<InferenceAnswer>>? Handler { get; set; }

    /// <summary>The request that came last.</summary>
    public InferenceCall? Last { get; private set; }

    /// <summary>Requests seen.</summary>
    public int Requests => _requests;

    public ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        Last = request;
        foreach (Tensor input in request.Inputs)
        {
            _tensors.Enqueue(input);
        }
        return Handler is { } handler
            ? handler(request, cancellationToken)
            : new ValueTask<InferenceAnswer>(Answer(request));
    }

    public ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        AdmissionTicket ticket,
        CancellationToken cancellationToken
    ) => InferAsync(request, cancellationToken);

    /// <summary>Sequences that were broken: model, version, id and reason.</summary>
    public ConcurrentQueue<(string Model, string Version, string Id, string Reason)> Broken { get; } = [];

    public bool HasSequences(string modelName, string modelVersion) => modelName == "sequences";

    public void BreakSequence(string modelName, string modelVersion, string sequenceId, string reason) =>
        Broken.Enqueue((modelName, modelVersion, sequenceId, reason));

    /// <summary>The answer of the model <c>echo</c>; releases the request.</summary>
    public InferenceAnswer Echo(InferenceCall request)
    {
        Tensor[] outputs =
        [
            .. request
                .Inputs.Where(input =>
                    request.RequestedOutputs.Length == 0 || request.RequestedOutputs.Contains(input.Name)
                )
                .Select(Copy),
        ];
        request.Dispose();
        return new InferenceAnswer
        {
            ModelName = request.ModelName,
            ModelVersion = "3",
            Id = request.Id,
            Outputs = outputs,
        };
    }

    /// <summary>How many tensors that passed through here are still held.</summary>
    public int Held() =>
        _tensors.Count(tensor =>
        {
            try
            {
                _ = tensor.Data;
                return true;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        });

    /// <summary>What the models above answer.</summary>
    public InferenceAnswer Answer(InferenceCall request)
    {
        if (request.ModelName == "echo" || request.ModelName.Contains(' ', StringComparison.Ordinal))
        {
            return Echo(request);
        }
        request.Dispose();
        if (request.ModelName == "throws")
        {
            throw new InvalidOperationException("the secret inside");
        }
        // By name only: digits would parse too, and a fuzzed name may be any.
        return Enum.GetNames<InferenceError>().Contains(request.ModelName)
            ? Refuse(request, Enum.Parse<InferenceError>(request.ModelName))
            : InferenceAnswer.Failure(
                request,
                InferenceError.NotFound,
                $"Request for unknown model: '{request.ModelName}'"
            );
    }

    private static InferenceAnswer Refuse(InferenceCall request, InferenceError error) =>
        InferenceAnswer.Failure(request, error, $"answered {error}");

    private Tensor Copy(Tensor input)
    {
        TensorBuffer buffer = TensorBuffer.Rent(input.ByteLength);
        input.Data.Span.CopyTo(buffer.Span);
        Tensor output = new(input.Name, input.Datatype, input.Shape.ToArray(), buffer.Memory, buffer);
        _tensors.Enqueue(output);
        return output;
    }
}
