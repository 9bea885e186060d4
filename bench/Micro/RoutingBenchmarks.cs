using System.Net;
using BenchmarkDotNet.Attributes;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Micro;

/// <summary>
/// What routing adds to a request: the same call straight to the transport, and through the router to another node.
/// </summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "Disposed by Cleanup.")]
public class RoutingBenchmarks
{
    private readonly Immediate _transport = new();
    private CancellationTokenSource _cancellation = null!;
    private RequestRouter _router = null!;
    private NodeState _node = null!;

    [Params(3, 64)]
    public int Replicas { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _cancellation = new CancellationTokenSource();
        _router = new RequestRouter(_transport, new RouterOptions(), TimeProvider.System, seed: 0);
        _router.Update(
            new RoutingTable
            {
                Epoch = 1,
                Nodes =
                [
                    .. Enumerable
                        .Range(0, Replicas)
                        .Select(node => new NodeRoute(
                            $"n{node}",
                            SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + node), 1),
                            ""
                        )),
                ],
                Models =
                [
                    new ModelRoute(
                        "m",
                        "least_expected_work",
                        TaskPartition: true,
                        [
                            .. Enumerable
                                .Range(0, Replicas)
                                .Select(node => new ReplicaRoute
                                {
                                    Node = node,
                                    Version = "1",
                                    SecondsPerRow = 1e-3,
                                    Concurrency = 1,
                                    RowsPerBatch = 8,
                                    IsBatched = true,
                                    Weight = 1,
                                    MaxQueuedRequests = 100,
                                }),
                        ]
                    ),
                ],
            },
            local: null
        );
        _node = _router.Snapshot.Nodes[0];
    }

    [GlobalCleanup]
    public void Cleanup() => _cancellation.Dispose();

    [Benchmark(Baseline = true)]
    public async Task<InferenceAnswer> Straight() => await _transport.InferAsync(_node, Request(), _cancellation.Token);

    [Benchmark]
    public async Task<InferenceAnswer> Routed()
    {
        _router.TryInfer(Request(), _cancellation.Token, out Task<InferenceAnswer>? answer);
        return await answer!;
    }

    private static InferenceCall Request() =>
        new()
        {
            ModelName = "m",
            Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, 4], new byte[16])],
            Timeout = TimeSpan.FromSeconds(1),
        };

    private sealed class Immediate : INodeTransport
    {
        public Task<InferenceAnswer> InferAsync(
            NodeState node,
            InferenceCall request,
            CancellationToken cancellationToken
        ) => Task.FromResult(new InferenceAnswer { ModelName = request.ModelName });

        public Task PingAsync(NodeState node, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
