using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// A batch under way. When every request in it has been given up, cancelled or overdue, the run is terminated; while one
/// still waits, the rows of the others are only dropped at the split.
/// </summary>
internal sealed class RunningBatch(RunOptions options, int requests)
{
    private readonly Lock _lock = new();
    private int _waiting = requests;
    private bool _ended;

    /// <summary>Whether the run was told to stop.</summary>
    public bool IsTerminated { get; private set; }

    /// <summary>One of its requests has been answered without it.</summary>
    public void GiveUp()
    {
        lock (_lock)
        {
            if (--_waiting > 0 || _ended)
            {
                return;
            }
            IsTerminated = true;
            options.Terminate = true;
        }
    }

    /// <summary>The run has returned: its options belong to the next one from here on.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
        }
    }
}
