using OrleansInference.Engine.Batching;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

public sealed class PreserveOrderingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InferAsync_ManyAtOnceOfAnyUrgency_AnswersLeaveAsTheRequestsCame()
    {
        const string Config =
            "max_batch_size: 4 instance_group { count: 2 } dynamic_batching { preserve_ordering: true }";
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2), Config));
        List<int> order = [];

        List<Task> all = [];
        for (int i = 0; i < 200; i++)
        {
            all.Add(InferAsync(test, i, order));
        }
        await Task.WhenAll(all);

        Assert.Equal(Enumerable.Range(0, 200), order);
    }

    [Fact]
    public void Admit_AnUrgentOrABackgroundRequest_IsNotAndIsPassedBy()
    {
        using ReplicaParts replica = new(
            limits: new BatchLimits { MaxRows = 1 },
            policy: new QueuePolicy { PreservesOrder = true }
        );
        QueuedInference bulk = replica.Admit(ReplicaParts.Request() with { Background = true }, Token);
        QueuedInference first = replica.Admit(ReplicaParts.Request(), Token);
        QueuedInference urgent = replica.Admit(ReplicaParts.Request() with { Priority = 1, SloP99Ms = 1e-3 }, Token);

        Assert.Equal([first, urgent, bulk], new[] { bulk, urgent, first }.OrderBy(request => request.Key));
        Assert.Equal(2, replica.State.Order!.Count);
    }

    [Fact]
    public void Admit_AsManyAnswersWaitAsMay_RefusesTheNext()
    {
        BatchLimits limits = new() { MaxRows = 1, MaxQueuedRequests = 2 };
        using ReplicaParts replica = new(limits, new QueuePolicy { PreservesOrder = true });
        for (int i = 0; i < 3; i++)
        {
            replica.State.Order!.Add(new QueuedInference(ReplicaParts.Request(), [], 1, new([1])));
        }

        InferenceAnswer refusal = replica.Admission.Admit(ReplicaParts.Request(), Token).Refusal!;

        Assert.Equal(InferenceError.ResourceExhausted, refusal.Error);
        Assert.Contains("3 answers of model 'm' wait for earlier ones", refusal.ErrorMessage, StringComparison.Ordinal);
    }

    private static async Task InferAsync(TestEngine test, int number, List<int> order)
    {
        int rows = (number % 4) + 1;
        InferenceCall request = TestEngine.Request("m", TestEngine.Floats("x", new float[rows * 4], rows, 4)) with
        {
            // Without the order, the last would go first.
            SloP99Ms = 1000 - number,
        };
        using InferenceAnswer answer = await test.Engine.InferAsync(request, Token).ConfigureAwait(false);
        Assert.Equal(InferenceError.None, answer.Error);
        order.Add(number);
    }
}
