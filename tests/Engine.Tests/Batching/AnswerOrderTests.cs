using OrleansInference.Engine.Batching;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Tests.Batching;

public sealed class AnswerOrderTests
{
    private readonly AnswerOrder _order = new();
    private readonly List<string> _answered = [];

    [Fact]
    public async Task Give_OutOfOrder_AnswersLeaveAsTheRequestsCame()
    {
        QueuedInference[] requests = [Request("a"), Request("b"), Request("c")];

        Give(requests[2]);
        Give(requests[1]);
        Assert.Empty(_answered);
        Give(requests[0]);

        Assert.Equal(["a", "b", "c"], await AnswersAsync(requests));
        Assert.Equal(["a", "b", "c"], _answered);
        Assert.Equal(0, _order.Count);
    }

    [Fact]
    public async Task Advance_TheFirstWasAnsweredWithoutIt_TheNextIsGiven()
    {
        QueuedInference gone = Request("gone");
        QueuedInference next = Request("next");
        Give(next);

        gone.TryFail(InferenceError.Cancelled, "the request was cancelled");

        Assert.Equal(["next"], await AnswersAsync(next));
        Assert.Equal(["gone", "next"], _answered);
    }

    [Fact]
    public void Give_ARequestThatWasAnsweredAlready_ReleasesTheLateAnswer()
    {
        Request("first");
        QueuedInference overdue = Request("overdue");
        TensorBuffer kept = TensorBuffer.Rent(4);
        Give(overdue, Answer("overdue", kept));
        overdue.TryFail(InferenceError.DeadlineExceeded, "late");

        Give(overdue, Answer("again", kept));

        Assert.Equal(["overdue"], _answered);
        Assert.Equal(2, _order.Count);
    }

    [Fact]
    public void FindOverdue_AnAnswerThatWaitsForAnotherPastItsDeadline_IsFound()
    {
        Request("slow");
        QueuedInference late = Request("late", deadline: 10);
        QueuedInference inTime = Request("in time", deadline: 20);
        List<QueuedInference> overdue = [];
        Give(late);
        Give(inTime);

        TimeSpan next = _order.FindOverdue(TimeSpan.FromMilliseconds(10), overdue);

        Assert.Equal([late], overdue);
        Assert.Equal(TimeSpan.FromMilliseconds(20), next);
    }

    private static async Task<string[]> AnswersAsync(params QueuedInference[] requests)
    {
        List<string> ids = [];
        foreach (QueuedInference request in requests)
        {
            using InferenceAnswer answer = await request.Answer;
            ids.Add(answer.Id);
        }
        return [.. ids];
    }

    private static InferenceAnswer Answer(string id, TensorBuffer? memory = null) =>
        new()
        {
            ModelName = "m",
            ModelVersion = "1",
            Id = id,
            Outputs = memory is null
                ? []
                : [new Tensor("y", TensorDatatype.Fp32, [1], memory.Memory, memory.AddReference())],
        };

    private QueuedInference Request(string id, double? deadline = null)
    {
        InferenceCall asked = new()
        {
            ModelName = "m",
            Id = id,
            Inputs = [],
        };
        QueuedInference request = new(asked, [], 1, ShapeSignature.Fixed)
        {
            OnAnswer = (answered, _) =>
            {
                _answered.Add(answered.Request.Id);
                _order.Advance();
            },
        };
        if (deadline is { } milliseconds)
        {
            request.Deadline = TimeSpan.FromMilliseconds(milliseconds);
        }
        // The queue notes when it is dropped.
        new ReplicaQueue<QueuedInference>().Add(request, 1, TimeSpan.Zero, TimeSpan.Zero);
        _order.Add(request);
        return request;
    }

    private void Give(QueuedInference request) => Give(request, Answer(request.Request.Id));

    private void Give(QueuedInference request, InferenceAnswer answer) => _order.Give(request, answer);
}
