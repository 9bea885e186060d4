using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Silo.Tests;

/// <summary>Real silo processes as one cluster.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ClusterTests() => Write("scale", FixtureModels.Scale(3, 2f));

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Join_ThreeSilosWithoutAStore_ServeWhatOneLoaded()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, _models, redis: null, "--mode", "explicit");

        await ServesThroughAllAsync(cluster);
    }

    [Fact]
    public async Task Redis_ThreeSilos_ServeWhatOneLoadedAndSplitByWeight()
    {
        RedisProcess.Require();
        await using RedisProcess redis = await RedisProcess.StartNewAsync();
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, _models, redis, "--mode", "explicit");

        await ServesThroughAllAsync(cluster);

        (
            await cluster
                .Silos[0]
                .Http.PostAsJsonAsync(
                    "/v2/cluster/models/scale/pin",
                    new
                    {
                        weights = new Dictionary<string, int>
                        {
                            ["s0"] = 1,
                            ["s1"] = 2,
                            ["s2"] = 3,
                        },
                    },
                    Token
                )
        ).EnsureSuccessStatusCode();
        RequestRouter router = cluster.ClientService<RequestRouter>();
        await cluster.UntilAsync(_ => router.Snapshot.Find("scale")?.Balancer.Name == "weighted");
        JsonElement before = await cluster.StateAsync();
        (long Rows, long Served, long Forwarded)[] earlier = Counts(before);
        for (int i = 0; i < 6000; i++)
        {
            await InferAsync(cluster);
        }
        (long Rows, long Served, long Forwarded)[] counts =
        [
            .. Counts(
                    await cluster.UntilAsync(state =>
                        Counts(state).Sum(node => node.Rows) - earlier.Sum(node => node.Rows) >= 6000
                    )
                )
                .Zip(
                    earlier,
                    (after, start) =>
                        (after.Rows - start.Rows, after.Served - start.Served, after.Forwarded - start.Forwarded)
                ),
        ];

        // 1 : 2 : 3 of 6,000, each within 5 %; every request reached its node directly, and none went on to another.
        Assert.InRange(counts[0].Rows, 950, 1050);
        Assert.InRange(counts[1].Rows, 1900, 2100);
        Assert.InRange(counts[2].Rows, 2850, 3150);
        Assert.All(counts, node => Assert.Equal((node.Rows, 0), (node.Served, node.Forwarded)));
    }

    [Fact]
    public async Task Infer_4096RowsOfMnistOverThreeNodes_ComeBackInOrderAsFromOne()
    {
        const int Rows = 4096;
        const int Pixels = 28 * 28;
        string mnist = Path.GetFullPath(
            Path.Combine(
                OrleansInference.Tests.Shared.RepositoryRoot.Path,
                "..",
                "shared",
                "data",
                "models",
                "vision",
                "mnist.onnx"
            )
        );
        Assert.SkipUnless(File.Exists(mnist), "the optional data is not there (mnist.onnx)");
        Write("mnist", await File.ReadAllBytesAsync(mnist, Token));
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, _models, redis: null);
        await cluster.UntilAsync(state =>
            state
                .GetProperty("models")
                .EnumerateArray()
                .All(model =>
                    model
                        .GetProperty("replicas")
                        .EnumerateArray()
                        .Count(replica => replica.GetProperty("routed").GetBoolean()) == 3
                )
        );
        RequestRouter router = cluster.ClientService<RequestRouter>();
        TensorMetadata input = (await cluster.Client.GetModelMetadataAsync("mnist", "", Token)).Inputs[0];
        float[] pixels = [.. Enumerable.Range(0, Rows * Pixels).Select(i => MathF.Abs(MathF.Sin(i * 0.37f)))];
        InferenceRequest request = new()
        {
            ModelName = "mnist",
            Inputs =
            [
                new Tensor(
                    input.Name,
                    TensorDatatype.Fp32,
                    [Rows, .. input.Shape[1..]],
                    MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray()
                ),
            ],
        };

        await cluster.UntilAsync(_ => router.Snapshot.Find("mnist")?.Latest.Length == 3);
        using InferenceResult split = await cluster.Client.InferAsync(request, Token);
        Assert.Equal(1, router.Counters.Splits);
        Assert.Equal(3, router.Counters.Remote);
        (
            await cluster
                .Silos[0]
                .Http.PostAsJsonAsync("/v2/cluster/models/mnist/pin", new { task_partition = false }, Token)
        ).EnsureSuccessStatusCode();
        await cluster.UntilAsync(_ => router.Snapshot.Find("mnist") is { TaskPartition: false });
        using InferenceResult whole = await cluster.Client.InferAsync(request, Token);

        Assert.Equal(1, router.Counters.Splits);
        AssertClose(whole.Outputs[0], split.Outputs[0]);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape.ToArray(), actual.Shape.ToArray());
        ReadOnlySpan<float> one = MemoryMarshal.Cast<byte, float>(expected.Data.Span);
        ReadOnlySpan<float> other = MemoryMarshal.Cast<byte, float>(actual.Data.Span);
        for (int i = 0; i < one.Length; i++)
        {
            Assert.True(
                MathF.Abs(one[i] - other[i]) <= 1e-5f * MathF.Max(1, MathF.Abs(one[i])),
                $"element {i}: {one[i]} and {other[i]}"
            );
        }
    }

    private static (long Rows, long Served, long Forwarded)[] Counts(JsonElement state) =>
        [
            .. state
                .GetProperty("nodes")
                .EnumerateArray()
                .Select(node =>
                    (
                        node.GetProperty("replicas")
                            .EnumerateArray()
                            .Sum(replica => replica.GetProperty("rows").GetInt64()),
                        node.GetProperty("requests_served").GetInt64(),
                        node.GetProperty("requests_forwarded").GetInt64()
                    )
                ),
        ];

    private static async Task ServesThroughAllAsync(SiloCluster cluster)
    {
        (
            await cluster.Silos[1].Http.PostAsync("/v2/repository/models/scale/load", null, Token)
        ).EnsureSuccessStatusCode();
        foreach (SiloProcess silo in cluster.Silos)
        {
            HttpResponseMessage answer = await silo.Http.PostAsync(
                "/v2/models/scale/infer",
                new StringContent("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"""),
                Token
            );
            string text = await answer.Content.ReadAsStringAsync(Token);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
            Assert.Contains("\"data\":[2,4,6]", text, StringComparison.Ordinal);
        }

        Assert.Equal(3, cluster.ClientService<RequestRouter>().Snapshot.Nodes.Count);
        await InferAsync(cluster);
    }

    private static async Task InferAsync(SiloCluster cluster)
    {
        InferenceRequest request = new()
        {
            ModelName = "scale",
            Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, 3], MemoryMarshal.AsBytes<float>([1, 2, 3]).ToArray())],
        };
        using InferenceResult response = await cluster.Client.InferAsync(request, Token);
        Assert.Equal([2f, 4f, 6f], MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray());
    }

    private void Write(string name, byte[] model)
    {
        string version = Directory.CreateDirectory(Path.Combine(_models, name, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
    }
}
