using System.Runtime.InteropServices;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Sequences;

public sealed class SequenceGrainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Many sequences side by side: each answer equals the sum by hand, the last one with the correlation id added.
    /// </summary>
    [Fact]
    public async Task InferAsync_InterleavedSequences_EqualTheSumsByHand()
    {
        await using ServedCluster cluster = await StartAsync();
        int[] values = [11, 7, -5, 3, 2, 0, 1];

        int[][] answers = await Task.WhenAll(Enumerable.Range(1000, 20).Select(id => RunAsync(cluster, id, values)));

        for (int i = 0; i < answers.Length; i++)
        {
            int sum = 0;
            int[] byHand =
            [
                .. values.Select((value, step) => (sum += value) + (step == values.Length - 1 ? 1000 + i : 0)),
            ];
            Assert.Equal(byHand, answers[i]);
        }

        InferenceStatistics statistics = Assert.Single(cluster.Catalog.GetStatistics("acc", ""));
        Assert.Equal((140, 140), (statistics.Success.Count, statistics.InferenceCount));
        Assert.Equal(1024, cluster.Engine.Find("acc", "", out _, out _)!.Sequences!.Slots.Free);
    }

    [Fact]
    public async Task InferAsync_SentWithoutWaiting_RunsInOrder()
    {
        await using ServedCluster cluster = await StartAsync();

        Task<InferenceAnswer>[] sent =
        [
            .. Enumerable
                .Range(1, 50)
                .Select(i => cluster.Dispatcher.InferAsync(Request("9", i, start: i == 1), Token).AsTask()),
        ];
        InferenceAnswer[] answers = await Task.WhenAll(sent);

        Assert.Equal(Enumerable.Range(1, 50).Select(i => i * (i + 1) / 2), answers.Select(Value));
    }

    [Fact]
    public async Task InferAsync_ThroughTheOrleansClient_KeepsState()
    {
        await using ServedCluster cluster = await StartAsync();
        IInferenceGrain grain = cluster.Client.GetGrain<IInferenceGrain>(0);

        Value(await grain.InferAsync(Request("5", 40, start: true), Token));

        Assert.Equal(42, Value(await grain.InferAsync(Request("5", 2), Token)));
    }

    [Fact]
    public async Task InferAsync_WithoutStart_IsRefusedWithTheReason()
    {
        await using ServedCluster cluster = await StartAsync();

        InferenceAnswer response = await cluster.Dispatcher.InferAsync(Request("7", 1), Token);

        Assert.Equal(InferenceError.InvalidArgument, response.Error);
        Assert.Contains(
            "must specify the START flag on the first request of the sequence",
            response.ErrorMessage,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task InferAsync_AfterEndOrRestart_BeginsAnew()
    {
        await using ServedCluster cluster = await StartAsync();
        Value(await cluster.Dispatcher.InferAsync(Request("7", 5, start: true), Token));

        Assert.Equal(1, Value(await cluster.Dispatcher.InferAsync(Request("7", 1, start: true), Token)));
        Assert.Equal(3 + 7, Value(await cluster.Dispatcher.InferAsync(Request("7", 2, end: true), Token)));
        Assert.Contains(
            "it has ended",
            (await cluster.Dispatcher.InferAsync(Request("7", 1), Token)).ErrorMessage,
            StringComparison.Ordinal
        );
    }

    /// <summary>
    /// One place: the second sequence runs once the first has been silent for too long, and the first is then told so.
    /// </summary>
    [Fact]
    public async Task InferAsync_IdleSequence_GivesItsPlaceUp()
    {
        await using ServedCluster cluster = await StartAsync(
            FixtureModels.AccumulatorConfig(candidates: 1, idleMicroseconds: 50_000)
        );
        Value(await cluster.Dispatcher.InferAsync(Request("1", 5, start: true), Token));

        Value(await cluster.Dispatcher.InferAsync(Request("2", 6, start: true, end: true), Token));
        InferenceAnswer lost = await cluster.Dispatcher.InferAsync(Request("1", 1), Token);

        Assert.Equal(InferenceError.InvalidArgument, lost.Error);
        Assert.Contains("it was idle for longer than 0.05 s", lost.ErrorMessage, StringComparison.Ordinal);
    }

    /// <summary>The first request loads the model; those behind it keep their places.</summary>
    [Fact]
    public async Task InferAsync_ModelNotInMemory_IsLoadedAndTheOrderKept()
    {
        await using ServedCluster cluster = await StartAsync(mode: ModelControlMode.Demand);

        InferenceAnswer[] answers = await Task.WhenAll(
            Enumerable
                .Range(1, 20)
                .Select(i => cluster.Dispatcher.InferAsync(Request("9", i, start: i == 1), Token).AsTask())
        );

        Assert.Equal(Enumerable.Range(1, 20).Select(i => i * (i + 1) / 2), answers.Select(Value));
        Assert.Equal(1, cluster.Engine.Loads);
    }

    /// <summary>
    /// The model goes while a sequence is under way: the next request is told, and the place is free for another
    /// model's life.
    /// </summary>
    [Fact]
    public async Task InferAsync_ModelUnloaded_EndsTheSequenceAndFreesItsPlace()
    {
        await using ServedCluster cluster = await StartAsync(
            FixtureModels.AccumulatorConfig(candidates: 1),
            ModelControlMode.Explicit
        );
        await cluster.Repository.LoadAsync("acc", null, Token);
        Engine.Sequences.SequenceSlots slots = cluster.Engine.Find("acc", "", out _, out _)!.Sequences!.Slots;
        Value(await cluster.Dispatcher.InferAsync(Request("1", 5, start: true), Token));
        Assert.Equal(0, slots.Free);
        await cluster.Repository.UnloadAsync("acc", unloadDependents: false, Token);

        InferenceAnswer again = await cluster
            .Client.GetGrain<Interfaces.Sequences.ISequenceGrain>("acc\n\n1")
            .InferAsync(Request("1", 1), Token);

        Assert.Equal(InferenceError.InvalidArgument, again.Error);
        Assert.Contains("is not served any more", again.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(1, slots.Free);
    }

    [Fact]
    public async Task InferAsync_NoPlaceBeforeTheDeadline_IsRefused()
    {
        await using ServedCluster cluster = await StartAsync(FixtureModels.AccumulatorConfig(candidates: 1));
        Value(await cluster.Dispatcher.InferAsync(Request("1", 5, start: true), Token));

        InferenceAnswer refused = await cluster.Dispatcher.InferAsync(
            Request("2", 6, start: true) with
            {
                Timeout = TimeSpan.FromMilliseconds(20),
            },
            Token
        );

        Assert.Equal(InferenceError.DeadlineExceeded, refused.Error);
        Assert.Contains("1 sequences are under way", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(6, Value(await cluster.Dispatcher.InferAsync(Request("1", 1), Token)));
    }

    [Fact]
    public async Task InferAsync_WrongRequests_SayWhatIsWrong()
    {
        await using ServedCluster cluster = await StartAsync();
        Tensor state = new("STATE_IN", TensorDatatype.Int32, [1, 1], new byte[4]);

        string[] errors =
        [
            (await cluster.Dispatcher.InferAsync(Request("", 1), Token)).ErrorMessage,
            (
                await cluster.Dispatcher.InferAsync(Request("1", 1, start: true) with { Inputs = [state] }, Token)
            ).ErrorMessage,
            (
                await cluster.Dispatcher.InferAsync(
                    Request("1", 1, start: true) with
                    {
                        Inputs = [new Tensor("INPUT", TensorDatatype.Int32, [2, 1], new byte[8])],
                    },
                    Token
                )
            ).ErrorMessage,
        ];

        Assert.Contains("must specify a non-zero or non-empty correlation ID", errors[0], StringComparison.Ordinal);
        Assert.Contains(
            "input 'STATE_IN' of model 'acc' is filled in by the server",
            errors[1],
            StringComparison.Ordinal
        );
        Assert.Contains("must specify batch-size 1", errors[2], StringComparison.Ordinal);
    }

    /// <summary>
    /// A batch of two runs at once and one of one row is held: a second sequence lets the first one through.
    /// </summary>
    [Theory]
    [InlineData("oldest { max_candidate_sequences: 8 max_queue_delay_microseconds: 3600000000 }")]
    [InlineData("direct { max_queue_delay_microseconds: 3600000000 minimum_slot_utilization: 1 }")]
    public async Task InferAsync_ARequestCancelledInTheQueue_EndsItsSequenceAlone(string strategy)
    {
        await using ServedCluster cluster = await StartAsync(
            FixtureModels.AccumulatorConfig(rows: 2, strategy: strategy)
        );
        int[] first = await PairAsync(cluster, Request("1", 1, start: true), Request("2", 1000, start: true));
        Assert.Equal([1, 1000], first);
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<InferenceAnswer> cancelled = cluster.Dispatcher.InferAsync(Request("1", 10), source.Token).AsTask();
        Task<InferenceAnswer> behind = cluster.Dispatcher.InferAsync(Request("1", 100), Token).AsTask();

        await source.CancelAsync();

        Assert.Equal(InferenceError.Cancelled, (await cancelled).Error);
        InferenceAnswer ended = await behind;
        Assert.Equal(InferenceError.Cancelled, ended.Error);
        Assert.Contains("sequence '1' before this one was cancelled", ended.ErrorMessage, StringComparison.Ordinal);
        InferenceStatistics statistics = Assert.Single(cluster.Catalog.GetStatistics("acc", ""));
        Assert.Equal(2, statistics.Failures[InferenceError.Cancelled]);
        AssertBroken(await cluster.Dispatcher.InferAsync(Request("1", 1000), Token), "was cancelled");
        int[] anew = await PairAsync(cluster, Request("1", 7, start: true), Request("2", 1));
        Assert.Equal([7, 1001], anew);
    }

    [Fact]
    public async Task InferAsync_CancelledBeforeItsTurn_EndsItsSequence()
    {
        await using ServedCluster cluster = await StartAsync();
        Value(await cluster.Dispatcher.InferAsync(Request("1", 1, start: true), Token));

        InferenceAnswer cancelled = await cluster.Dispatcher.InferAsync(
            Request("1", 10),
            new CancellationToken(canceled: true)
        );

        Assert.Equal(InferenceError.Cancelled, cancelled.Error);
        AssertBroken(await cluster.Dispatcher.InferAsync(Request("1", 100), Token), "was cancelled");
        Assert.Equal(1024, cluster.Engine.Find("acc", "", out _, out _)!.Sequences!.Slots.Free);
        Assert.Equal(5, Value(await cluster.Dispatcher.InferAsync(Request("1", 5, start: true), Token)));
    }

    [Fact]
    public async Task InferAsync_AStartCancelled_LeavesNothingOfTheSequenceBefore()
    {
        await using ServedCluster cluster = await StartAsync();
        Value(await cluster.Dispatcher.InferAsync(Request("1", 1, start: true), Token));

        await cluster.Dispatcher.InferAsync(Request("1", 10, start: true), new CancellationToken(canceled: true));

        AssertBroken(await cluster.Dispatcher.InferAsync(Request("1", 100), Token), "was cancelled");
    }

    [Fact]
    public async Task InferAsync_ThroughTheOrleansClientCancelled_EndsItsSequence()
    {
        const string Strategy = "oldest { max_candidate_sequences: 8 max_queue_delay_microseconds: 3600000000 }";
        await using ServedCluster cluster = await StartAsync(
            FixtureModels.AccumulatorConfig(rows: 2, strategy: Strategy)
        );
        IInferenceGrain grain = cluster.Client.GetGrain<IInferenceGrain>(0);
        await PairAsync(cluster, Request("1", 1, start: true), Request("2", 1000, start: true));
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<InferenceAnswer> cancelled = grain.InferAsync(Request("1", 10), source.Token);
        // Orleans keeps no order between two calls, and drops the cancellation of a call that has not arrived.
        ModelReplica replica = (ModelReplica)cluster.Engine.Find("acc", "", out _, out _)!;
        while (replica.QueuedRequests == 0)
        {
            await Task.Delay(1, Token);
        }
        Task<InferenceAnswer> behind = grain.InferAsync(Request("1", 100), Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            InferenceAnswer answer = await cancelled;
            if (answer.Error == InferenceError.Cancelled)
            {
                throw new OperationCanceledException();
            }
        });
        // It may arrive before the cancellation, and wait behind it, or after.
        InferenceAnswer ended = await behind;
        Assert.True(ended.Error is InferenceError.Cancelled or InferenceError.InvalidArgument, ended.ErrorMessage);
        Assert.Contains("was cancelled", ended.ErrorMessage, StringComparison.Ordinal);
    }

    /// <summary>
    /// Each in the place of a second request: what is refused or fails in a sequence under way ends it.
    /// </summary>
    [Theory]
    [InlineData("late", InferenceError.DeadlineExceeded, "failed: the deadline")]
    [InlineData("shape", InferenceError.InvalidArgument, "failed: ")]
    [InlineData("hidden", InferenceError.InvalidArgument, "was refused: input 'STATE_IN'")]
    [InlineData("run", InferenceError.InvalidArgument, "failed: ")]
    public async Task InferAsync_ARequestThatFails_EndsItsSequence(string kind, InferenceError error, string reason)
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            ("acc", PickyAccumulator(), FixtureModels.AccumulatorConfig())
        );
        Value(await cluster.Dispatcher.InferAsync(Request("1", 1, start: true), Token));
        InferenceCall request = kind switch
        {
            "late" => Request("1", 2) with { Timeout = TimeSpan.FromTicks(1) },
            "shape" => Request("1", 2) with
            {
                Inputs = [new Tensor("INPUT", TensorDatatype.Int32, [1, 2], new byte[8])],
            },
            "hidden" => Request("1", 2) with
            {
                Inputs = [new Tensor("STATE_IN", TensorDatatype.Int32, [1, 1], new byte[4])],
            },
            _ => Request("1", 99),
        };

        InferenceAnswer failed = await cluster.Dispatcher.InferAsync(request, Token);
        InferenceAnswer next = await cluster.Dispatcher.InferAsync(Request("1", 3), Token);

        Assert.Equal(error, failed.Error);
        AssertBroken(next, reason);
        Assert.Equal(3, Value(await cluster.Dispatcher.InferAsync(Request("1", 3, start: true), Token)));
    }

    [Fact]
    public async Task BreakSequence_BehindOnesUnderWay_EndsItInTurn()
    {
        await using ServedCluster cluster = await StartAsync();
        Task<InferenceAnswer> before = cluster.Dispatcher.InferAsync(Request("1", 1, start: true), Token).AsTask();

        cluster.Dispatcher.BreakSequence("acc", "", "1", "it is no JSON");
        InferenceAnswer after = await cluster.Dispatcher.InferAsync(Request("1", 100), Token);

        Assert.Equal(1, Value(await before));
        AssertBroken(after, "was refused: it is no JSON");
        Assert.True(cluster.Dispatcher.HasSequences("acc", ""));
        Assert.False(cluster.Dispatcher.HasSequences("other", ""));
    }

    [Fact]
    public async Task GetMetadata_OfASequenceModel_HidesControlsAndStates()
    {
        await using ServedCluster cluster = await StartAsync();

        ModelMetadata metadata = cluster.Catalog.GetMetadata("acc", "");

        Assert.Equal(["INPUT"], metadata.Inputs.Select(input => input.Name));
        Assert.Equal(["OUTPUT"], metadata.Outputs.Select(output => output.Name));
    }

    /// <summary>A state that the configuration lists among the outputs is the callers' too.</summary>
    [Fact]
    public async Task InferAsync_AStateThatIsAnOutput_IsGivenWhereItIsAskedFor()
    {
        string config =
            FixtureModels.AccumulatorConfig() + " output { name: \"STATE_OUT\" data_type: TYPE_INT32 dims: 1 }";
        await using ServedCluster cluster = await StartAsync(config);

        InferenceAnswer first = await InferAsync(cluster, Request("7", 1, start: true));
        InferenceAnswer second = await InferAsync(cluster, Request("7", 2) with { RequestedOutputs = ["STATE_OUT"] });
        InferenceAnswer third = await InferAsync(cluster, Request("7", 3) with { RequestedOutputs = ["OUTPUT"] });
        InferenceAnswer last = await InferAsync(cluster, Request("7", 4, end: true));

        Assert.Equal(["OUTPUT 1", "STATE_OUT 1"], Values(first));
        Assert.Equal(["STATE_OUT 3"], Values(second));
        Assert.Equal(["OUTPUT 6"], Values(third));
        Assert.Equal(["OUTPUT 17", "STATE_OUT 10"], Values(last));
        Assert.Equal(["OUTPUT", "STATE_OUT"], cluster.Catalog.GetMetadata("acc", "").Outputs.Select(one => one.Name));
    }

    [Fact]
    public async Task InferAsync_AStateThatIsNoOutput_IsRefusedByName()
    {
        await using ServedCluster cluster = await StartAsync();

        InferenceAnswer refused = await cluster.Dispatcher.InferAsync(
            Request("7", 1, start: true) with
            {
                RequestedOutputs = ["STATE_OUT"],
            },
            Token
        );

        Assert.Equal(InferenceError.InvalidArgument, refused.Error);
        Assert.StartsWith(
            "unexpected inference output 'STATE_OUT' for model 'acc'",
            refused.ErrorMessage,
            StringComparison.Ordinal
        );
    }

    private static async Task<InferenceAnswer> InferAsync(ServedCluster cluster, InferenceCall request) =>
        (await cluster.Dispatcher.InferAsync(request, Token)).EnsureSuccess();

    private static string[] Values(InferenceAnswer response) =>
        [.. response.Outputs.Select(output => $"{output.Name} {MemoryMarshal.Read<int>(output.Data.Span)}")];

    private static void AssertBroken(InferenceAnswer response, string reason)
    {
        Assert.Equal(InferenceError.InvalidArgument, response.Error);
        Assert.Contains("must specify the START flag", response.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains($"it was ended by a request that {reason}", response.ErrorMessage, StringComparison.Ordinal);
        Assert.EndsWith("; start it anew", response.ErrorMessage, StringComparison.Ordinal);
    }

    private static async Task<int[]> PairAsync(ServedCluster cluster, params InferenceCall[] requests)
    {
        InferenceAnswer[] answers = await Task.WhenAll(
            requests.Select(request => cluster.Dispatcher.InferAsync(request, Token).AsTask())
        );
        return [.. answers.Select(Value)];
    }

    /// <summary>The accumulator, whose run fails where INPUT is not within 0 to 9.</summary>
    private static byte[] PickyAccumulator() =>
        new OnnxGraphBuilder("picky")
            .Input("INPUT", TensorProto.Types.DataType.Int32, "batch", 1)
            .Input("START", TensorProto.Types.DataType.Int32, "batch", 1)
            .Input("END", TensorProto.Types.DataType.Int32, "batch", 1)
            .Input("CORRID", TensorProto.Types.DataType.String, "batch", 1)
            .Input("STATE_IN", TensorProto.Types.DataType.Int32, "batch", 1)
            .Initializer(OnnxTensor.Of<int>("one", [1]))
            .Initializer(OnnxTensor.Of<int>("numbers", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10))
            .Node("Gather", ["numbers", "INPUT"], ["picked"])
            .Node("Sub", ["one", "START"], ["goes_on"])
            .Node("Mul", ["goes_on", "STATE_IN"], ["before"])
            .Node("Add", ["before", "picked"], ["STATE_OUT"])
            .Node("Identity", ["STATE_OUT"], ["OUTPUT"])
            .Output("OUTPUT", TensorProto.Types.DataType.Int32, "batch", 1)
            .Output("STATE_OUT", TensorProto.Types.DataType.Int32, "batch", 1)
            .ToBytes();

    private static Task<ServedCluster> StartAsync(
        string? config = null,
        ModelControlMode mode = ModelControlMode.All
    ) =>
        ServedCluster.StartAsync(
            mode,
            ("acc", FixtureModels.Accumulator(), config ?? FixtureModels.AccumulatorConfig())
        );

    private static async Task<int[]> RunAsync(ServedCluster cluster, int id, int[] values)
    {
        int[] answers = new int[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            answers[i] = Value(
                await cluster.Dispatcher.InferAsync(Request($"{id}", values[i], i == 0, i == values.Length - 1), Token)
            );
        }
        return answers;
    }

    private static InferenceCall Request(string sequence, int value, bool start = false, bool end = false) =>
        new()
        {
            ModelName = "acc",
            Inputs = [new Tensor("INPUT", TensorDatatype.Int32, [1, 1], BitConverter.GetBytes(value))],
            SequenceId = sequence,
            SequenceStart = start,
            SequenceEnd = end,
        };

    private static int Value(InferenceAnswer response) =>
        MemoryMarshal.Read<int>(Assert.Single(response.EnsureSuccess().Outputs).Data.Span);
}
