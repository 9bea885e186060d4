using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

public sealed class TenantShareTests : IDisposable
{
    private static readonly BatchLimits Held = new()
    {
        MaxRows = 1_000_000,
        FillToMax = true,
        MaxDelay = TimeSpan.FromHours(1),
        Concurrency = 1,
        MaxQueuedRequests = 20,
    };

    private readonly string _profile = Path.GetTempFileName();

    public void Dispose() => File.Delete(_profile);

    [Fact]
    public async Task InferAsync_AFloodOfOneTenant_LeavesTheOtherItsPlacesAndRunsItsRequestsFirst()
    {
        // 50 ms a request: what a backlog amounts to is far more than the time between two calls here.
        await File.WriteAllTextAsync(
            _profile,
            """{"memory_mib":100,"models":{"*":{"batch_ms":{"1":50}}}}""",
            TestContext.Current.CancellationToken
        );
        await using TestEngine test = new(options =>
            (options.ExecutionProvider.Provider, options.ExecutionProvider.Profile) = ("emulated", _profile)
        );
        test.Write("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), "max_batch_size: 1");
        await test.Engine.StartAsync(TestContext.Current.CancellationToken);
        ModelReplica replica = test.Replica("mlp");
        replica.Limits = Held;
        List<string> order = [];
        Task first = AnswerAsync("calm");

        List<Task<InferenceError>> flood = [.. Enumerable.Range(0, 50).Select(_ => AnswerAsync("flood"))];
        List<Task<InferenceError>> calm = [.. Enumerable.Range(0, 5).Select(_ => AnswerAsync("calm"))];
        // One at a time from here on.
        replica.Limits = Held with
        {
            MaxRows = 1,
            MaxDelay = TimeSpan.Zero,
        };
        InferenceError[] flooded = await Task.WhenAll(flood);
        InferenceError[] served = await Task.WhenAll(calm);
        await first;

        Assert.All(served, error => Assert.Equal(InferenceError.None, error));
        Assert.InRange(flooded.Count(error => error == InferenceError.None), 9, 12);
        Assert.All(
            flooded.Where(error => error != InferenceError.None),
            error => Assert.Equal(InferenceError.ResourceExhausted, error)
        );
        // The flood's own backlog stands before its requests, not before the others'.
        string[] answered = [.. order];
        Assert.True(Array.LastIndexOf(answered, "calm") < answered.Length - 3, string.Join(' ', answered));

        async Task<InferenceError> AnswerAsync(string tenant)
        {
            InferenceCall request = TestEngine.Request("mlp", TestEngine.Floats("x", new float[4], 1, 4)) with
            {
                Tenant = tenant,
            };
            using InferenceAnswer response = await test.InferAsync(request);
            if (response.Error == InferenceError.None)
            {
                lock (order)
                {
                    order.Add(tenant);
                }
            }
            return response.Error;
        }
    }

    [Fact]
    public async Task InferAsync_OneTenantAlone_MayFillTheQueue()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), "max_batch_size: 1")
        );
        ModelReplica replica = test.Replica("mlp");
        replica.Limits = Held;

        Task<InferenceAnswer>[] answers =
        [
            .. Enumerable
                .Range(0, 30)
                .Select(_ =>
                    test.InferAsync(
                        TestEngine.Request("mlp", TestEngine.Floats("x", new float[4], 1, 4)) with
                        {
                            Tenant = "only",
                        }
                    )
                ),
        ];
        replica.Limits = Held with { MaxRows = 1, MaxDelay = TimeSpan.Zero };
        InferenceAnswer[] responses = await Task.WhenAll(answers);

        Assert.Equal(20, responses.Count(response => response.Error == InferenceError.None));
    }
}
