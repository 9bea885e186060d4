using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Replicas;

/// <summary>How a replica queues and batches from the start.</summary>
/// <param name="Limits">Rows, requests and runs.</param>
/// <param name="Policy">Priorities, timeouts and the latency objective.</param>
/// <param name="Cost">What a run costs, as far as it is measured.</param>
internal sealed record ReplicaQueueing(BatchLimits Limits, QueuePolicy Policy, BatchCostEstimator Cost);
