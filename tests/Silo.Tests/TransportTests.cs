using System.Runtime.InteropServices;
using System.Text;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Silo.Tests;

/// <summary>The client is the same whatever carries it.</summary>
public sealed class TransportTests(ServedModels served)
{
    private static readonly float[] Rows = [0.5f, -1, 2, 3, -4, 5.25f, 6, 7];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InferAsync_OverEveryTransport_HasTheSameOutputs()
    {
        Dictionary<Transport, float[]> outputs = [];
        foreach (Transport transport in Enum.GetValues<Transport>())
        {
            await using TransportClient started = await StartAsync(transport);
            using InferenceResult response = await started.Client.InferAsync(Mlp() with { Id = "7" }, Token);

            Tensor output = response.Outputs.Single();
            Assert.Equal(("mlp", "1", "7"), (response.ModelName, response.ModelVersion, response.Id));
            Assert.Equal(
                ("y", TensorDatatype.Fp32, "[2,2]"),
                (output.Name, output.Datatype, TensorShape.Format(output.Shape))
            );
            outputs.Add(transport, Values<float>(output));
        }

        Assert.Contains(outputs[Transport.Orleans], value => value != 0);
        // The same rows in a batch with others may round differently in the last place.
        foreach (float[] other in outputs.Values)
        {
            Assert.All(other.Zip(outputs[Transport.Orleans]), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }
    }

    [Theory]
    [InlineData(Transport.Orleans)]
    [InlineData(Transport.Http)]
    [InlineData(Transport.Grpc)]
    public async Task InferAsync_TextsAndAnEmptyOne_ComeBackUnchanged(Transport transport)
    {
        byte[] text = Encoding.UTF8.GetBytes("größer");
        byte[] contents = new byte[BytesElements.PrefixSize + text.Length + BytesElements.PrefixSize];
        BytesElements.Write(contents, text);
        await using TransportClient started = await StartAsync(transport);

        using InferenceResult response = await started.Client.InferAsync(
            new InferenceRequest
            {
                ModelName = "strings",
                Inputs = [new Tensor("x", TensorDatatype.Bytes, [1, 2], contents)],
            },
            Token
        );

        Assert.Equal(contents, response.Output("y").Data.ToArray());
    }

    [Theory]
    [InlineData(Transport.Orleans)]
    [InlineData(Transport.Http)]
    [InlineData(Transport.Grpc)]
    public async Task GetModelMetadataAsync_AModelAndNone_AnswersOrThrows(Transport transport)
    {
        await using TransportClient started = await StartAsync(transport);

        ModelMetadata metadata = await started.Client.GetModelMetadataAsync("mlp", cancellationToken: Token);

        Assert.Equal(("mlp", "1"), (metadata.Name, metadata.Versions.Single()));
        Assert.Equal(
            ("x", TensorDatatype.Fp32, "[-1,4]"),
            (metadata.Inputs.Single().Name, metadata.Inputs[0].Datatype, TensorShape.Format(metadata.Inputs[0].Shape))
        );
        Assert.Equal(
            ("y", TensorDatatype.Fp32, "[-1,2]"),
            (
                metadata.Outputs.Single().Name,
                metadata.Outputs[0].Datatype,
                TensorShape.Format(metadata.Outputs[0].Shape)
            )
        );
        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            started.Client.GetModelMetadataAsync("nope", cancellationToken: Token)
        );
        Assert.Equal(InferenceError.NotFound, exception.Error);
    }

    [Theory]
    [InlineData(Transport.Orleans, "nope", 4, InferenceError.NotFound, "'nope' is not found")]
    [InlineData(Transport.Http, "nope", 4, InferenceError.NotFound, "'nope' is not found")]
    [InlineData(Transport.Grpc, "nope", 4, InferenceError.NotFound, "'nope' is not found")]
    [InlineData(Transport.Orleans, "mlp", 2, InferenceError.InvalidArgument, "[2,2]")]
    [InlineData(Transport.Http, "mlp", 2, InferenceError.InvalidArgument, "[2,2]")]
    [InlineData(Transport.Grpc, "mlp", 2, InferenceError.InvalidArgument, "[2,2]")]
    public async Task InferAsync_ARefusedRequest_ThrowsItsError(
        Transport transport,
        string model,
        int width,
        InferenceError error,
        string expected
    )
    {
        await using TransportClient started = await StartAsync(transport);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            started.Client.InferAsync(Mlp(width) with { ModelName = model }, Token)
        );

        Assert.Equal(error, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Transport.Orleans)]
    [InlineData(Transport.Http)]
    [InlineData(Transport.Grpc)]
    public async Task InferAsync_ADeadlineThatCannotBeMet_ThrowsDeadlineExceeded(Transport transport)
    {
        await using TransportClient started = await StartAsync(transport);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            started.Client.InferAsync(Mlp() with { ModelName = "holds", Timeout = TimeSpan.FromMicroseconds(1) }, Token)
        );

        Assert.Equal(InferenceError.DeadlineExceeded, exception.Error);
    }

    [Theory]
    [InlineData(Transport.Orleans)]
    [InlineData(Transport.Http)]
    [InlineData(Transport.Grpc)]
    public async Task InferAsync_CancelledWhileItWaits_Throws(Transport transport)
    {
        await using TransportClient started = await StartAsync(transport);
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<InferenceResult> call = started.Client.InferAsync(
            Mlp(4, rows: 1) with
            {
                ModelName = "holds",
            },
            source.Token
        );

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData(Transport.Orleans, InferenceError.NotFound)]
    [InlineData(Transport.Http, InferenceError.NotFound)]
    [InlineData(Transport.Grpc, InferenceError.Internal)]
    public async Task StreamAsync_AnErrorInTheMiddle_KeepsTheOrderAndGoesOn(Transport transport, InferenceError error)
    {
        const int Requests = 100;
        const int Wrong = 50;
        await using TransportClient started = await StartAsync(transport);
        IAsyncEnumerable<InferenceRequest> requests = Enumerable
            .Range(0, Requests)
            .Select(i => Mlp() with { ModelName = i == Wrong ? "nope" : "mlp", Id = $"{i}" })
            .ToAsyncEnumerable();

        List<(string Id, InferenceError Error, int Outputs)> answers = [];
        await foreach (InferenceOutcome response in started.Client.StreamAsync(requests, Token))
        {
            using (response)
            {
                InferenceError outcome = response.Exception?.Error ?? InferenceError.None;
                answers.Add((response.Id, outcome, response.Result?.Outputs.Length ?? 0));
            }
        }

        Assert.Equal(
            Enumerable
                .Range(0, Requests)
                .Select(i => i == Wrong ? ($"{i}", error, 0) : ($"{i}", InferenceError.None, 1)),
            answers
        );
    }

    [Theory]
    [InlineData(Transport.Orleans)]
    [InlineData(Transport.Http)]
    [InlineData(Transport.Grpc)]
    public async Task StreamAsync_RequestsThatThrow_AreNotTakenForTheEnd(Transport transport)
    {
        await using TransportClient started = await StartAsync(transport);
        IAsyncEnumerable<InferenceRequest> requests = Enumerable
            .Range(0, 3)
            .Select(i => i < 2 ? Mlp() : throw new InvalidOperationException("broken"))
            .ToAsyncEnumerable();
        int answers = 0;

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (InferenceOutcome response in started.Client.StreamAsync(requests, Token))
            {
                using (response)
                {
                    answers++;
                }
            }
        });

        Assert.Equal(("broken", 2), (exception.Message, answers));
    }

    [Theory]
    [InlineData(Transport.Orleans, "101")]
    [InlineData(Transport.Http, "102")]
    [InlineData(Transport.Grpc, "103")]
    public async Task InferAsync_ASequence_RemembersItsSum(Transport transport, string sequence)
    {
        await using TransportClient started = await StartAsync(transport);
        List<int> sums = [];

        foreach (int value in (int[])[1, 2, 3])
        {
            InferenceRequest request = new()
            {
                ModelName = "acc",
                Inputs = [new Tensor("INPUT", TensorDatatype.Int32, [1, 1], BitConverter.GetBytes(value))],
                SequenceId = sequence,
                SequenceStart = value == 1,
                SequenceEnd = value == 3,
            };
            using InferenceResult response = await started.Client.InferAsync(request, Token);
            sums.Add(Values<int>(response.Output("OUTPUT")).Single());
        }

        // The model adds the sequence's id to its last sum.
        Assert.Equal([1, 3, 6 + int.Parse(sequence)], sums);
    }

    /// <summary>
    /// +1, +10 cancelled by a closed connection or a cancelled call, +100: not 101, but an error until it is begun
    /// anew.
    /// </summary>
    [Theory]
    [InlineData(Transport.Orleans, "pairs-oldest")]
    [InlineData(Transport.Http, "pairs-oldest")]
    [InlineData(Transport.Grpc, "pairs-oldest")]
    [InlineData(Transport.Orleans, "pairs-direct")]
    [InlineData(Transport.Http, "pairs-direct")]
    [InlineData(Transport.Grpc, "pairs-direct")]
    public async Task InferAsync_ARequestOfASequenceCancelled_EndsTheSequence(Transport transport, string model)
    {
        await using TransportClient started = await StartAsync(transport);
        string one = $"{(int)transport}1";
        string other = $"{(int)transport}2";
        await PairAsync(started, Add(model, one, 1, start: true), Add(model, other, 1000, start: true));
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<InferenceResult> cancelled = started.Client.InferAsync(Add(model, one, 10), source.Token);
        await UntilPendingAsync(model);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        InferenceException broken = await Assert.ThrowsAsync<InferenceException>(() =>
            started.Client.InferAsync(Add(model, one, 100), Token)
        );
        int[] anew = await PairAsync(started, Add(model, one, 5, start: true), Add(model, other, 1));
        // Whether it came before or after the server knew of the cancellation: it did not run.
        Assert.Contains(broken.Error, new[] { InferenceError.InvalidArgument, InferenceError.Cancelled });
        Assert.Contains("cancelled", broken.Message, StringComparison.Ordinal);
        Assert.Contains("start it anew", broken.Message, StringComparison.Ordinal);
        Assert.Equal([5, 1001], anew);
    }

    private static InferenceRequest Add(string model, string sequence, int value, bool start = false) =>
        new()
        {
            ModelName = model,
            Inputs = [new Tensor("INPUT", TensorDatatype.Int32, [1, 1], BitConverter.GetBytes(value))],
            SequenceId = sequence,
            SequenceStart = start,
        };

    private static async Task<int[]> PairAsync(TransportClient started, params InferenceRequest[] requests)
    {
        InferenceResult[] answers = await Task.WhenAll(
            requests.Select(request => started.Client.InferAsync(request, Token))
        );
        int[] sums = [.. answers.Select(answer => Values<int>(answer.Output("OUTPUT")).Single())];
        foreach (InferenceResult answer in answers)
        {
            answer.Dispose();
        }
        return sums;
    }

    private static InferenceRequest Mlp(int width = 4, int rows = 2) =>
        new()
        {
            ModelName = "mlp",
            Inputs =
            [
                new Tensor(
                    "x",
                    TensorDatatype.Fp32,
                    [rows, width],
                    MemoryMarshal.AsBytes<float>(Rows.AsSpan(0, rows * width)).ToArray()
                ),
            ],
        };

    private static T[] Values<T>(Tensor tensor)
        where T : struct => MemoryMarshal.Cast<byte, T>(tensor.Data.Span).ToArray();

    /// <summary>Waits until a request is in the model's queue.</summary>
    private async Task UntilPendingAsync(string model)
    {
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{served.Silo.HttpPort}") };
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(20));
        string pending = $"nv_inference_pending_request_count{{model=\"{model}\",version=\"1\"}} 1";
        while (!(await http.GetStringAsync("/metrics", Token)).Contains(pending, StringComparison.Ordinal))
        {
            await pace.WaitForNextTickAsync(Token);
        }
    }

    private Task<TransportClient> StartAsync(Transport transport) =>
        TransportClient.StartAsync(transport, served.Silo, Token);
}
