using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Recording;
using OrleansInference.Onnx.Samples;
using Parquet.Serialization;

namespace OrleansInference.Grains.Tests.Cluster;

/// <summary>Telemetry is recorded where a folder is named: what was asked and answered, never its contents.</summary>
public sealed class TelemetryRecorderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recorded").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("false", 0)]
    [InlineData("true", 100)]
    public async Task Recording_Inputs_OnlyWhereAskedFor(string inputs, int expected)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Recording:Folder"] = _folder,
            ["Recording:Inputs"] = inputs,
            ["Recording:InputShare"] = "1",
        };
        await using (
            ServedCluster cluster = await ServedCluster.StartAsync(
                1,
                ModelControlMode.All,
                settings,
                ("m", FixtureModels.Scale(1, 2f), null)
            )
        )
        {
            await cluster.UntilAsync(state => state.Routing.Models.Length == 1);
            for (int i = 0; i < 100; i++)
            {
                using InferenceAnswer answer = await cluster.Dispatcher.InferAsync(
                    Tensors.Floats("m", 1, 1, _ => i),
                    Token
                );
                answer.EnsureSuccess();
            }
        }

        List<RecordedInput> recorded = [];
        foreach (string file in Directory.EnumerateFiles(_folder, "inputs-*.parquet"))
        {
            await using FileStream stream = File.OpenRead(file);
            recorded.AddRange(
                (await ParquetSerializer.DeserializeAsync<RecordedInput>(stream, cancellationToken: Token)).Data
            );
        }

        Assert.Equal(expected, recorded.Count);
        Assert.All(
            recorded.Select((input, i) => (input, i)),
            each =>
                Assert.Equal(
                    ("m", "FP32", "1,1", (float)each.i),
                    (each.input.Model, each.input.Datatype, each.input.Shape, BitConverter.ToSingle(each.input.Data))
                )
        );
    }

    [Theory]
    [InlineData("1", 300, 300)]
    [InlineData("0.2", 50, 70)]
    public async Task Recording_AFolder_GetsEachSampledRequestOnce(string share, int least, int most)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Recording:Folder"] = _folder,
            ["Recording:SampleShare"] = share,
            ["Recording:SecondsPerFile"] = "1",
        };
        await using (
            ServedCluster cluster = await ServedCluster.StartAsync(
                1,
                ModelControlMode.All,
                settings,
                ("m", FixtureModels.Scale(1, 2f), null)
            )
        )
        {
            await cluster.UntilAsync(state => state.Routing.Models.Length == 1);
            for (int i = 0; i < 300; i++)
            {
                using InferenceAnswer answer = await cluster.Dispatcher.InferAsync(
                    Tensors.Floats("m", 1, 1, _ => 1),
                    Token
                );
                answer.EnsureSuccess();
            }

            await cluster.UntilAsync(_ => Directory.EnumerateFiles(_folder, "nodes-*.parquet").Any());
        }

        List<RecordedRequest> requests = [];
        foreach (string file in Directory.EnumerateFiles(_folder, "requests-*.parquet"))
        {
            await using FileStream stream = File.OpenRead(file);
            requests.AddRange(
                (await ParquetSerializer.DeserializeAsync<RecordedRequest>(stream, cancellationToken: Token)).Data
            );
        }

        Assert.InRange(requests.Count, least, most);
        Assert.All(requests, request => Assert.Equal(("m", "None", 1), (request.Model, request.Outcome, request.Rows)));
        Assert.All(requests, request => Assert.True(request.TotalMs >= request.RunMs && request.ArrivedAt > 0));
        Assert.NotEmpty(Directory.EnumerateFiles(_folder, "nodes-*.parquet"));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.part"));
    }
}
