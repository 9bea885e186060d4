using OrleansInference.Agent.Observation;

namespace OrleansInference.Simulation.Cluster;

/// <summary>
/// Counts what a replica of the twin does, as the engine's statistics do. It only adds up: what was done between two
/// readings is <see cref="ReplicaCounters.Minus"/>'s to say, as it is for the director's windows.
/// </summary>
internal sealed class ReplicaTally
{
    private long _requests;
    private long _violations;
    private long _runs;
    private long _rows;
    private double _runSeconds;
    private long _bytes;

    /// <summary>Everything since the replica was loaded.</summary>
    public ReplicaCounters Total =>
        new()
        {
            Requests = _requests,
            Violations = _violations,
            Runs = _runs,
            Rows = _rows,
            RunSeconds = _runSeconds,
            Bytes = _bytes,
        };

    /// <summary>A request came.</summary>
    public void Came() => _requests++;

    /// <summary>A request missed its objective, was refused or dropped.</summary>
    public void Missed() => _violations++;

    /// <summary>A run ended.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="seconds">What it took.</param>
    public void Ran(int rows, double seconds)
    {
        _runs++;
        _rows += rows;
        _runSeconds += seconds;
    }

    /// <summary>A request was answered.</summary>
    /// <param name="bytes">Bytes of its inputs and outputs.</param>
    public void Answered(long bytes) => _bytes += bytes;
}
