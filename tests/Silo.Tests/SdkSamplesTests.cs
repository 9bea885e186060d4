using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansInference.Client;
using OrleansInference.Client.Images;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Interfaces.Tensors;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary>
/// The samples of docs/sdk.md, each a region from <c>// sample: NAME</c> to <c>// end</c>; SdkGuideTests compares the
/// two.
/// </summary>
public sealed class SdkSamplesTests(ServedModels served)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sample_Orleans_Runs()
    {
        int gatewayPort = served.Silo.GatewayPort;
        CancellationToken cancellationToken = Token;

        // sample: orleans
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.AddOrleansInferenceClient(new IPEndPoint(IPAddress.Loopback, gatewayPort));
        using IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        IInferenceClient client = host.Services.GetRequiredService<IInferenceClient>();

        InferenceRequest request = new()
        {
            ModelName = "mlp",
            Inputs =
            [
                new InferenceTensor(
                    "x",
                    TensorDatatype.Fp32,
                    [1, 4],
                    MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray()
                ),
            ],
        };
        using InferenceResponse response = await client.InferAsync(request, cancellationToken);
        float[] scores = MemoryMarshal.Cast<byte, float>(response.Output("y").Data.Span).ToArray();
        // end

        Assert.Equal(2, scores.Length);
        Assert.Contains(scores, score => score != 0);
        await host.StopAsync(cancellationToken);
    }

    [Fact]
    public async Task Sample_Http_Runs()
    {
        int httpPort = served.Silo.HttpPort;
        CancellationToken cancellationToken = Token;

        // sample: http
        ServiceCollection services = new();
        services.AddKServeHttpInferenceClient(
            new Uri($"http://127.0.0.1:{httpPort}"),
            options => options.UseBinaryTensors = true
        );
        await using ServiceProvider provider = services.BuildServiceProvider();
        IInferenceClient client = provider.GetRequiredService<IInferenceClient>();

        ModelMetadata model = await client.GetModelMetadataAsync("mlp", cancellationToken: cancellationToken);
        foreach (TensorMetadata input in model.Inputs)
        {
            Console.WriteLine($"{input.Name}: {input.Datatype} {TensorShape.Format(input.Shape)}");
        }
        // end

        Assert.Equal("x", model.Inputs.Single().Name);
    }

    [Fact]
    public async Task Sample_Grpc_Runs()
    {
        int grpcPort = served.Silo.GrpcPort;
        CancellationToken cancellationToken = Token;

        // sample: grpc
        ServiceCollection services = new();
        services.AddKServeGrpcInferenceClient(new Uri($"http://127.0.0.1:{grpcPort}"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        IInferenceClient client = provider.GetRequiredService<IInferenceClient>();

        InferenceTensor input = new(
            "x",
            TensorDatatype.Fp32,
            [1, 4],
            MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray()
        );
        string problem = "";
        try
        {
            using InferenceResponse response = await client.InferAsync(
                new InferenceRequest { ModelName = "no-such-model", Inputs = [input] },
                cancellationToken
            );
        }
        catch (InferenceException exception) when (exception.Error == InferenceError.NotFound)
        {
            problem = exception.Message;
        }

        // end
        Assert.Contains("no-such-model", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sample_Stream_Runs()
    {
        await using TransportClient started = await TransportClient.StartAsync(Transport.Grpc, served.Silo, Token);
        IInferenceClient client = started.Client;
        CancellationToken cancellationToken = Token;

        // sample: stream
        float[][] rows =
        [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
            [9, 10],
        ];
        IAsyncEnumerable<InferenceRequest> requests = rows.ToAsyncEnumerable()
            .Select(
                (row, index) =>
                    new InferenceRequest
                    {
                        ModelName = "mlp",
                        Id = $"row {index}",
                        Inputs =
                        [
                            new InferenceTensor(
                                "x",
                                TensorDatatype.Fp32,
                                [1, row.Length],
                                MemoryMarshal.AsBytes<float>(row).ToArray()
                            ),
                        ],
                    }
            );

        List<string> lines = [];
        await foreach (InferenceResponse answer in client.StreamAsync(requests, cancellationToken))
        {
            using InferenceResponse response = answer;
            lines.Add(
                response.Error == InferenceError.None
                    ? $"{response.Id}: {response.Output("y").ByteLength} bytes"
                    : $"{response.Id}: {response.ErrorMessage}"
            );
        }

        // end
        Assert.Equal(["row 0: 8 bytes", "row 1: 8 bytes"], lines[..2]);
        Assert.Contains("[1,2]", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sample_Deadline_Runs()
    {
        await using TransportClient started = await TransportClient.StartAsync(Transport.Orleans, served.Silo, Token);
        IInferenceClient client = started.Client;
        CancellationToken cancellationToken = Token;
        InferenceTensor input = new("x", TensorDatatype.Fp32, [1, 4], new byte[4 * sizeof(float)]);

        // sample: deadline
        InferenceRequest request = new()
        {
            ModelName = "mlp",
            Inputs = [input],
            Timeout = TimeSpan.FromTicks(1),
            Priority = 1,
        };
        InferenceError outcome = InferenceError.None;
        try
        {
            using InferenceResponse response = await client.InferAsync(request, cancellationToken);
        }
        catch (InferenceException exception)
            when (exception.Error is InferenceError.DeadlineExceeded or InferenceError.ResourceExhausted)
        {
            outcome = exception.Error; // too late, or too much to do: ask elsewhere, or answer without the model
        }

        // end
        Assert.Equal(InferenceError.DeadlineExceeded, outcome);
    }

    [Fact]
    public async Task Sample_Photograph_Runs()
    {
        string photograph = RepositoryRoot.Data("images", "car.jpg");
        string labels = RepositoryRoot.Data("images", "imagenet_labels.txt");
        RepositoryRoot.Data("models", "vision", "squeezenet.onnx");
        await using TransportClient started = await TransportClient.StartAsync(Transport.Orleans, served.Silo, Token);
        IInferenceClient client = started.Client;
        CancellationToken cancellationToken = Token;

        // sample: photograph
        ModelMetadata model = await client.GetModelMetadataAsync("squeezenet", cancellationToken: cancellationToken);
        byte[] picture = await File.ReadAllBytesAsync(photograph, cancellationToken);
        InferenceTensor input = ImageTensor.FromEncoded(
            model.Inputs[0].Name,
            picture,
            ImagePreprocessing.FromParameters(model.Parameters)
        );

        using InferenceResponse response = await client.InferAsync(
            new InferenceRequest { ModelName = "squeezenet", Inputs = [input] },
            cancellationToken
        );
        float[] scores = MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray();
        string label = (await File.ReadAllLinesAsync(labels, cancellationToken))[Array.IndexOf(scores, scores.Max())];
        // end

        Assert.Contains("sports car", label, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Sample_Sequence_Runs()
    {
        await using TransportClient started = await TransportClient.StartAsync(Transport.Orleans, served.Silo, Token);
        IInferenceClient client = started.Client;
        CancellationToken cancellationToken = Token;

        // sample: sequence
        int[] values = [10, 20, 30];
        List<int> sums = [];
        for (int i = 0; i < values.Length; i++)
        {
            InferenceRequest request = new()
            {
                ModelName = "acc",
                Inputs = [new InferenceTensor("INPUT", TensorDatatype.Int32, [1, 1], BitConverter.GetBytes(values[i]))],
                SequenceId = "4711",
                SequenceStart = i == 0,
                SequenceEnd = i == values.Length - 1,
            };
            using InferenceResponse response = await client.InferAsync(request, cancellationToken);
            sums.Add(BitConverter.ToInt32(response.Output("OUTPUT").Data.Span));
        }

        // end
        // The model adds the sequence's id to its last sum.
        Assert.Equal([10, 30, 60 + 4711], sums);
    }
}
