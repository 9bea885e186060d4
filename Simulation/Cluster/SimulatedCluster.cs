using System.Collections.Immutable;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>
/// The twin of a cluster: discrete events, in which the classes of production decide (router, admission, queue, batch
/// policy, planner, tuner) and only time, network and execution are simulated. The same seed gives the same result, bit
/// for bit. One simulation an object; not thread-safe.
/// </summary>
public sealed partial class SimulatedCluster
{
    private const int MaxQueued = 4096;

    private readonly WorldSpec _world;
    private readonly SimulatedPolicy _policy;
    private readonly SimulationOptions _options;
    private readonly EventCalendar _calendar = new();
    private readonly SimulationRandom _noise;
    private readonly SimulationRandom _loss;
    private readonly SimulationTally _tally;
    private readonly SimulatedNode[] _nodes;
    private readonly InferenceRequest[] _requests;
    private readonly string[] _names;
    private readonly List<SimulatedReplica> _replicas = [];
    private readonly Stack<SimulatedBatch> _batches = [];
    private readonly List<SimulatedRequest> _overdue = [];
    private readonly ClusterWindowTracker _windows = new();
    private readonly long _end;
    private ImmutableSortedDictionary<string, DesiredModel> _desired;
    private ClusterPlan _plan;
    private RoutingTable _routing = RoutingTable.Empty;
    private long _now;
    private long _events;
    private int _entry;

    private SimulatedCluster(WorldSpec world, double seconds, SimulatedPolicy policy, SimulationOptions options)
    {
        _world = world;
        _policy = policy;
        _options = options;
        _noise = new SimulationRandom(options.Seed, 1);
        _loss = new SimulationRandom(options.Seed, 2);
        _tally = new SimulationTally(world, Ticks(options.WarmupSeconds));
        _nodes = [.. world.Nodes.Select((node, index) => new SimulatedNode(index, node))];
        _requests = [.. world.Models.Select(model => new InferenceRequest { ModelName = model.Name, Inputs = [] })];
        _names = [.. world.Models.Select(model => model.Name)];
        _end = Ticks(seconds);
        _plan = options.Plan ?? ClusterPlan.Empty;
        _desired = world.Models.ToImmutableSortedDictionary(
            model => model.Name,
            model => new DesiredModel
            {
                Revision = "1",
                MemoryBytes = model.MemoryBytes,
                IsRequested = true,
            }
        );
    }

    private TimeSpan Now => TimeSpan.FromTicks(_now);

    /// <summary>Simulates a workload.</summary>
    /// <param name="world">The cluster.</param>
    /// <param name="workload">What it is asked.</param>
    /// <param name="policy">Who decides.</param>
    /// <param name="options">Seed, telemetry, incidents.</param>
    /// <param name="progress">Told the simulated seconds, once for each.</param>
    public static SimulationResult Run(
        WorldSpec world,
        Workload workload,
        SimulatedPolicy policy,
        SimulationOptions options,
        Action<double>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(workload);
        return Run(world, workload.Arrivals, workload.Seconds, policy, options, progress);
    }

    /// <summary>Simulates requests that are made as they come.</summary>
    /// <param name="world">The cluster.</param>
    /// <param name="arrivals">The requests, in order of time.</param>
    /// <param name="seconds">How long they come.</param>
    /// <param name="policy">Who decides.</param>
    /// <param name="options">Seed, telemetry, incidents.</param>
    /// <param name="progress">Told the simulated seconds, once for each.</param>
    public static SimulationResult Run(
        WorldSpec world,
        IEnumerable<Arrival> arrivals,
        double seconds,
        SimulatedPolicy policy,
        SimulationOptions options,
        Action<double>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(arrivals);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(options);
        return new SimulatedCluster(world, seconds, policy, options).Run(arrivals, progress);
    }

    private static long Ticks(double seconds) => (long)Math.Round(seconds * TimeSpan.TicksPerSecond);

    private SimulationResult Run(IEnumerable<Arrival> arrivals, Action<double>? progress)
    {
        Begin();
        using IEnumerator<Arrival> coming = arrivals.GetEnumerator();
        bool comes = coming.MoveNext();
        long second = 0;
        while (_options.MaxEvents == 0 || _events < _options.MaxEvents)
        {
            long arrival = comes ? coming.Current.At : long.MaxValue;
            long other = _calendar.NextAt;
            // What is under way when the workload ends is answered; looks end with the workload.
            if (arrival == long.MaxValue && other == long.MaxValue)
            {
                break;
            }
            _events++;
            if (arrival <= other)
            {
                _now = arrival;
                Arrive(coming.Current);
                comes = coming.MoveNext();
            }
            else
            {
                SimulatedEvent happens = _calendar.Take();
                _now = happens.At;
                Handle(happens);
            }

            if (progress is not null && _now / TimeSpan.TicksPerSecond > second)
            {
                progress(second = _now / TimeSpan.TicksPerSecond);
            }
        }

        double seconds = Math.Max(
            1e-9,
            (Math.Min(_now, _end) / (double)TimeSpan.TicksPerSecond) - _options.WarmupSeconds
        );
        return _tally.Result(seconds, _plan, _events, _world.Nodes.Sum(node => node.Cores * node.Speed));
    }

    private void Begin()
    {
        Look(reports: Reports());
        if (_options.Preloaded)
        {
            foreach (SimulatedReplica replica in _replicas.ToArray())
            {
                Loaded(replica);
            }
            ClearCalendar();
            Look(reports: Reports());
        }

        _calendar.Add(Ticks(_options.LookSeconds), EventKind.Look, 0);
        if (_policy.Tuner is not null)
        {
            _calendar.Add(Ticks(_options.FastSeconds), EventKind.FastLoop, 0);
        }
        foreach (Incident incident in _options.Incidents)
        {
            _calendar.Add(Ticks(incident.AtSeconds), EventKind.Incident, incident.Node, incident);
        }
    }

    private void ClearCalendar()
    {
        while (_calendar.NextAt != long.MaxValue)
        {
            _calendar.Take();
        }
    }

    private void Handle(in SimulatedEvent happens)
    {
        switch (happens.Kind)
        {
            case EventKind.Delivery:
                Deliver((SimulatedRequest)happens.State!, happens.Target);
                break;
            case EventKind.BatchEnd:
                EndBatch((SimulatedBatch)happens.State!);
                break;
            case EventKind.Wake:
                Wake(_replicas[happens.Target]);
                break;
            case EventKind.Loaded:
                if (!_nodes[_replicas[happens.Target].Node.Index].IsLost)
                {
                    Loaded(_replicas[happens.Target]);
                }
                break;
            case EventKind.FastLoop:
                Tune();
                if (_now < _end)
                {
                    _calendar.Add(_now + Ticks(_options.FastSeconds), EventKind.FastLoop, 0);
                }
                break;
            case EventKind.Look:
                Report();
                if (_now < _end)
                {
                    _calendar.Add(_now + Ticks(_options.LookSeconds), EventKind.Look, 0);
                }
                break;
            case EventKind.Reports:
                Look((NodeReport[])happens.State!);
                break;
            case EventKind.Incident:
                Happen((Incident)happens.State!);
                break;
        }
    }
}
