using OrleansInference.Agent.Planning;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>A trace in the twin: one node with one model.</summary>
internal sealed class TwinRun : ISimulationObserver
{
    private readonly Journal _journal = new();
    private readonly Dictionary<long, int> _indices;

    private TwinRun(IReadOnlyList<Arrival> arrivals) =>
        _indices = arrivals
            .Select((arrival, index) => (arrival.At, index))
            .ToDictionary(pair => pair.At, pair => pair.index);

    public static Journal Run(Trace trace, IReadOnlyList<Arrival> arrivals)
    {
        TwinRun run = new(arrivals);
        WorldModel model = new()
        {
            Name = "m",
            MaxRows = trace.MaxRows,
            SloSeconds = trace.SloMs / 1000.0,
        };
        WorldSpec world = new([new WorldNode { Name = "a", Cores = trace.Threads }], [model], trace);
        SimulatedPolicy policy = new()
        {
            Planner = new ReplicateWhereItFits(),
            FillToMax = trace.FillToMax,
            DelaySeconds = trace.DelayMs / 1000.0,
        };
        double seconds = arrivals[^1].At / (double)TimeSpan.TicksPerSecond;
        SimulatedCluster.Run(
            world,
            arrivals,
            seconds,
            policy,
            new SimulationOptions { LookSeconds = 1e6, Observer = run }
        );
        return run._journal;
    }

    public void Arrived(SimulatedRequest request, bool isAdmitted, TimeSpan now) =>
        _journal.Arrived(now, Index(request), isAdmitted);

    public void Began(SimulatedBatch batch, TimeSpan now) => _journal.Began(now, batch.Entries, Index);

    public void Dropped(SimulatedRequest request, TimeSpan now) => _journal.Drop(Index(request));

    private int Index(SimulatedRequest request) => _indices[request.ArrivedAt];
}
