using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Diagnostics;

public sealed class EngineActivityTests
{
    /// <summary>
    /// From the caller's span to the request, from the request to its batch, from the batch to its run.
    /// </summary>
    [Fact]
    public async Task InferAsync_Traced_LeadsFromRequestToBatchToRun()
    {
        ConcurrentQueue<Activity> ended = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is EngineActivity.SourceName or "caller",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using ActivitySource source = new("caller");
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "traced",
                FixtureModels.Mlp(4, 8, 2),
                "max_batch_size: 2\ndynamic_batching { max_queue_delay_microseconds: 3600000000 }"
            )
        );

        using Activity caller = source.StartActivity("call")!;
        InferenceAnswer[] answers = await Task.WhenAll(test.InferAsync(Row("first")), test.InferAsync(Row("second")));
        Assert.Same(caller, Activity.Current);

        Assert.All(answers, answer => Assert.Equal(2, answer.EnsureSuccess().Timings.BatchRows));
        Activity[] mine = [.. ended.Where(activity => activity.TraceId == caller.TraceId)];
        Activity[] requests = [.. mine.Where(activity => activity.OperationName == "inference.request")];
        Activity run = Assert.Single(mine, activity => activity.OperationName == "inference.run");
        Assert.Equal(2, requests.Length);
        Assert.All(requests, request => Assert.Equal(caller.SpanId, request.ParentSpanId));
        Assert.All(requests, request => Assert.Equal(2, request.GetTagItem("batch_rows")));
        Assert.Contains(run.Parent!.ParentSpanId, requests.Select(request => request.SpanId));
        Assert.Equal(("inference.batch", "traced"), (run.Parent.OperationName, run.Parent.GetTagItem("model")));
        Assert.Equal(
            requests.Select(request => request.SpanId).ToHashSet(),
            run.Parent.Links.Select(link => link.Context.SpanId).ToHashSet()
        );
    }

    private static InferenceCall Row(string id) =>
        TestEngine.Request("traced", TestEngine.Floats("x", [1, 2, 3, 4], 1, 4)) with
        {
            Id = id,
        };
}
