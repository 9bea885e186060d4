using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
        builder.Services.AddInferenceClient().UseOrleans(new IPEndPoint(IPAddress.Loopback, gatewayPort));
        using IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        IInferenceClient client = host.Services.GetRequiredService<IInferenceClient>();

        float[] row = [1, 2, 3, 4];
        using InferenceResult result = await client.InferAsync(
            "mlp",
            [Tensor.Create("x", row, 1, 4)],
            cancellationToken
        );
        float[] scores = result.Output("y").ToArray<float>();
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
        services.AddInferenceClient().UseHttp($"http://127.0.0.1:{httpPort}");
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
        services.AddInferenceClient().UseGrpc($"http://127.0.0.1:{grpcPort}");
        await using ServiceProvider provider = services.BuildServiceProvider();
        IInferenceClient client = provider.GetRequiredService<IInferenceClient>();

        Tensor input = Tensor.Create<float>("x", [1, 2, 3, 4], 1, 4);
        string problem = "";
        try
        {
            using InferenceResult result = await client.InferAsync("no-such-model", [input], cancellationToken);
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
                    new InferenceRequest("mlp", Tensor.Create("x", row, 1, row.Length)) { Id = $"row {index}" }
            );

        List<string> lines = [];
        await foreach (InferenceOutcome answer in client.StreamAsync(requests, cancellationToken))
        {
            using InferenceOutcome outcome = answer;
            lines.Add(
                outcome.IsSuccess
                    ? $"{outcome.Id}: {outcome.Result.Output("y").AsSpan<float>().Length} numbers"
                    : $"{outcome.Id}: {outcome.Exception.Message}"
            );
        }

        // end
        Assert.Equal(["row 0: 2 numbers", "row 1: 2 numbers"], lines[..2]);
        Assert.Contains("[1,2]", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sample_Deadline_Runs()
    {
        await using TransportClient started = await TransportClient.StartAsync(Transport.Orleans, served.Silo, Token);
        IInferenceClient client = started.Client;
        CancellationToken cancellationToken = Token;
        Tensor input = Tensor.Create("x", new float[4], 1, 4);

        // sample: deadline
        InferenceRequest request = new("mlp", input) { Timeout = TimeSpan.FromTicks(1), Priority = 1 };
        InferenceError outcome = InferenceError.None;
        try
        {
            using InferenceResult result = await client.InferAsync(request, cancellationToken);
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
        Tensor input = ImageTensor.FromEncoded(
            model.Inputs[0].Name,
            picture,
            ImagePreprocessing.FromParameters(model.Parameters)
        );

        using InferenceResult result = await client.InferAsync("squeezenet", [input], cancellationToken);
        float[] scores = result.Outputs[0].ToArray<float>();
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
            InferenceRequest request = new("acc", Tensor.Create<int>("INPUT", [values[i]], 1, 1))
            {
                SequenceId = "4711",
                SequenceStart = i == 0,
                SequenceEnd = i == values.Length - 1,
            };
            using InferenceResult result = await client.InferAsync(request, cancellationToken);
            sums.Add(result.Output("OUTPUT").GetValue<int>());
        }

        // end
        // The model adds the sequence's id to its last sum.
        Assert.Equal([10, 30, 60 + 4711], sums);
    }
}
