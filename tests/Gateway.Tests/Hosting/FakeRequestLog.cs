using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Remembers two requests, and the last query.</summary>
internal sealed class FakeRequestLog : IRequestLog
{
    private static readonly RequestRecord[] Records =
    [
        new()
        {
            Id = "slow",
            ModelName = "echo",
            ModelVersion = "3",
            Arrival = DateTimeOffset.UnixEpoch,
            Rows = 2,
            Timings = new InferenceTimings
            {
                Queue = TimeSpan.FromMicroseconds(1500),
                ComputeInfer = TimeSpan.FromMicroseconds(500),
                BatchRows = 8,
            },
            RowsAhead = 16,
            RunsUnderWay = 1,
            Concurrency = 1,
            Reason = "16 rows were ahead of it",
        },
        new()
        {
            Id = "late",
            ModelName = "other",
            ModelVersion = "",
            Outcome = InferenceError.DeadlineExceeded,
        },
    ];

    /// <summary>What was asked for last.</summary>
    public (string Model, string Id, int Limit) Last { get; private set; }

    public IReadOnlyList<RequestRecord> Find(string modelName, string id, int limit)
    {
        Last = (modelName, id, limit);
        return
        [
            .. Records
                .Where(record =>
                    (modelName.Length == 0 || record.ModelName == modelName) && (id.Length == 0 || record.Id == id)
                )
                .Take(limit),
        ];
    }
}
