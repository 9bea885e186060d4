using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Statistics in which no two members are alike.</summary>
internal static class StatisticsSample
{
    public static InferenceStatistics Full { get; } =
        new()
        {
            Name = "echo",
            Version = "3",
            LastInferenceMs = 1700000000123,
            InferenceCount = 12,
            ExecutionCount = 5,
            Success = new(10, 1000),
            Fail = new(2, 2000),
            Queue = new(10, 3000),
            ComputeInput = new(10, 4000),
            ComputeInfer = new(10, 5000),
            ComputeOutput = new(10, 6000),
            Batches = [new BatchStatistics(4, new(3, 70), new(3, 80), new(3, 90))],
            PendingRequests = 7,
            Failures = new()
            {
                [InferenceError.ResourceExhausted] = 3,
                [InferenceError.DeadlineExceeded] = 4,
                [InferenceError.InvalidArgument] = 1,
            },
            MemoryBytes = 4096,
        };
}
