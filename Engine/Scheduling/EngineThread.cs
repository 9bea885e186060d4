using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Scheduling;

/// <summary>What a thread reuses from turn to turn.</summary>
internal sealed class EngineThread : IDisposable
{
    public List<BatchEntry<QueuedInference>> Entries { get; } = [];

    public List<QueuedInference> Overdue { get; } = [];

    public BatchRun Run { get; } = new();

    public RunOptions RunOptions { get; private set; } = new();

    /// <summary>Options that have been told to terminate stay so: the next run needs new ones.</summary>
    public void RenewRunOptions()
    {
        RunOptions.Dispose();
        RunOptions = new RunOptions();
    }

    public void Dispose()
    {
        Run.Dispose();
        RunOptions.Dispose();
    }
}
