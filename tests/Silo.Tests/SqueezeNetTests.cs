using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Protocol;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary>A real model through every door: the recorded output, and three photographs.</summary>
public sealed class SqueezeNetTests(ServedModels served)
{
    private const string Url = "/v2/models/squeezenet/infer";
    private static readonly long[] Shape = [1, 3, 224, 224];

    private static byte[] Input => File.ReadAllBytes(RepositoryRoot.Data("models", "vision", "squeezenet.input.f32"));

    private static float[] Expected =>
        MemoryMarshal
            .Cast<byte, float>(File.ReadAllBytes(RepositoryRoot.Data("models", "vision", "squeezenet.output.f32")))
            .ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Infer_HttpJson_EqualsTheRecordedOutput()
    {
        string data = JsonSerializer.Serialize(MemoryMarshal.Cast<byte, float>(Input).ToArray());
        using StringContent content = new(
            $$"""{"inputs":[{"name":"data_0","shape":[1,3,224,224],"datatype":"FP32","data":{{data}}}]}"""
        );

        using HttpResponseMessage response = await served.Silo.Http.PostAsync(Url, content, Token);

        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(Token));
        AssertClose([
            .. json
                .RootElement.GetProperty("outputs")[0]
                .GetProperty("data")
                .EnumerateArray()
                .Select(value => value.GetSingle()),
        ]);
    }

    [Fact]
    public async Task Infer_HttpBinary_EqualsTheRecordedOutput()
    {
        byte[] header = Encoding.UTF8.GetBytes(
            """{"inputs":[{"name":"data_0","shape":[1,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":602112}}],"parameters":{"binary_data_output":true}}"""
        );
        using ByteArrayContent content = new([.. header, .. Input]);
        content.Headers.Add("Inference-Header-Content-Length", $"{header.Length}");

        using HttpResponseMessage response = await served.Silo.Http.PostAsync(Url, content, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        byte[] body = await response.Content.ReadAsByteArrayAsync(Token);
        int start = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single());
        AssertClose(MemoryMarshal.Cast<byte, float>(body.AsSpan(start)).ToArray());
    }

    [Fact]
    public async Task Infer_GrpcRaw_EqualsTheRecordedOutput()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{served.Silo.GrpcPort}");
        ModelInferRequest request = new()
        {
            ModelName = "squeezenet",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "data_0",
                    Datatype = "FP32",
                    Shape = { Shape },
                },
            },
            RawInputContents = { ByteString.CopyFrom(Input) },
        };

        ModelInferResponse response = await new GRPCInferenceService.GRPCInferenceServiceClient(
            channel
        ).ModelInferAsync(request, cancellationToken: Token);

        AssertClose(MemoryMarshal.Cast<byte, float>(response.RawOutputContents.Single().Span).ToArray());
    }

    [Fact]
    public async Task Infer_OrleansClient_EqualsTheRecordedOutput()
    {
        byte[] input = Input;
        using IHost host = await ClientAsync();
        IInferenceClient client = host.Services.GetRequiredService<IInferenceClient>();

        using InferenceResult response = await client.InferAsync(
            new InferenceRequest
            {
                ModelName = "squeezenet",
                Inputs = [new Tensor("data_0", TensorDatatype.Fp32, Shape, input)],
            },
            Token
        );

        AssertClose(MemoryMarshal.Cast<byte, float>(response.Outputs.Single().Data.Span).ToArray());
    }

    [Theory]
    [InlineData("car.jpg", "sports car")]
    [InlineData("mug.jpg", "coffee mug")]
    [InlineData("vulture.jpeg", "vulture")]
    public async Task Infer_APhotograph_NamesWhatIsOnIt(string photograph, string expected)
    {
        byte[] picture = await File.ReadAllBytesAsync(RepositoryRoot.Data("images", photograph), Token);
        string[] labels = await File.ReadAllLinesAsync(RepositoryRoot.Data("images", "imagenet_labels.txt"), Token);
        using IHost host = await ClientAsync();
        IInferenceClient client = host.Services.GetRequiredService<IInferenceClient>();
        ModelMetadata model = await client.GetModelMetadataAsync("squeezenet", cancellationToken: Token);
        Tensor input = ImageTensor.FromEncoded(
            model.Inputs[0].Name,
            picture,
            ImagePreprocessing.FromParameters(model.Parameters)
        );

        using InferenceResult response = await client.InferAsync(
            new InferenceRequest { ModelName = "squeezenet", Inputs = [input] },
            Token
        );

        float[] scores = MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray();
        Assert.Contains(expected, labels[Array.IndexOf(scores, scores.Max())], StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertClose(float[] actual)
    {
        float[] expected = Expected;
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-3f);
        }
    }

    private async Task<IHost> ClientAsync()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddInferenceClient().UseOrleans(new IPEndPoint(IPAddress.Loopback, served.Silo.GatewayPort));
        IHost host = builder.Build();
        await host.StartAsync(Token);
        return host;
    }
}
