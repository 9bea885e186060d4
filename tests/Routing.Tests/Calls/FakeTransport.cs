using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Routing.Tests.Calls;

/// <summary>Nodes whose answers a test decides.</summary>
internal sealed class FakeTransport : INodeTransport
{
    public Func<NodeState, InferenceCall, CancellationToken, Task<InferenceAnswer>> OnInfer { get; set; } =
        (node, request, _) => Task.FromResult(Echo(node, request));

    public Func<NodeState, CancellationToken, Task> OnPing { get; set; } = (_, _) => Task.CompletedTask;

    public List<string> Sent { get; } = [];

    public static InferenceAnswer Echo(NodeState node, InferenceCall request) =>
        new()
        {
            ModelName = request.ModelName,
            ModelVersion = node.Route.Name,
            Outputs =
            [
                .. request.Inputs.Select(input => new Tensor(
                    "y",
                    input.Datatype,
                    input.Shape.ToArray(),
                    input.Data.ToArray()
                )),
            ],
        };

    public Task<InferenceAnswer> InferAsync(NodeState node, InferenceCall request, CancellationToken cancellationToken)
    {
        lock (Sent)
        {
            Sent.Add(node.Route.Name);
        }
        return OnInfer(node, request, cancellationToken);
    }

    public Task PingAsync(NodeState node, CancellationToken cancellationToken) => OnPing(node, cancellationToken);
}
