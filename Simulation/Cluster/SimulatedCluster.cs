using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>
/// The twin of a cluster: discrete events, in which the classes of production decide (router, admission, queue, batch
/// policy, planner, tuner) and only time, network and execution are simulated. The same seed gives the same result, bit
/// for bit. One simulation an object; not thread-safe.
/// </summary>
public sealed class SimulatedCluster
{
    private readonly SimulatedPolicy _policy;
    private readonly SimulationOptions _options;
    private readonly SimulationClock _clock = new();
    private readonly SimulationTally _tally;
    private readonly TwinState _state;
    private readonly EngineTurns _turns;
    private readonly SimulatedGateways _gateways;
    private readonly NodeReports _reports;
    private readonly ReplicaLoading _loading;
    private readonly RoutePublisher _routes;
    private readonly SimulatedDirector _director;
    private readonly TelemetryChannel _telemetry;
    private readonly NodeAgents _agents;
    private readonly NodeIncidents _incidents;
    private readonly List<SimulatedRequest> _lost = [];
    private readonly long _end;
    private long _events;

    private SimulatedCluster(WorldSpec world, double seconds, SimulatedPolicy policy, SimulationOptions options)
    {
        _policy = policy;
        _options = options;
        _end = SimulationClock.ToTicks(seconds);
        _tally = new SimulationTally(world, SimulationClock.ToTicks(options.WarmupSeconds));
        _state = new TwinState(world);
        SimulationRandom noise = new(options.Seed, 1);
        RequestEnds ends = new(_clock, _tally);
        _turns = new EngineTurns(world.Law, _clock, ends, noise, options.Observer);
        _gateways = new SimulatedGateways(_state, options, _clock, _tally, ends, _turns);
        _reports = new NodeReports(_state, options.LookSeconds);
        _loading = new ReplicaLoading(_state, policy, _clock, _tally, noise);
        _routes = new RoutePublisher(_state, _reports);
        PlanCarrier carrier = new(_state, _loading, _routes);
        ClusterPlan first = options.Plan ?? ClusterPlan.Empty;
        _director = new SimulatedDirector(_state, policy, first, _clock, carrier, _routes);
        _telemetry = new TelemetryChannel(_reports, _director, options, _clock);
        _agents = new NodeAgents(_state, _clock, _turns, options.FastSeconds);
        _incidents = new NodeIncidents(_state, _clock, _gateways);
    }

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

    private SimulationResult Run(IEnumerable<Arrival> arrivals, Action<double>? progress)
    {
        Begin();
        using IEnumerator<Arrival> coming = arrivals.GetEnumerator();
        bool comes = coming.MoveNext();
        long second = 0;
        while (_options.MaxEvents == 0 || _events < _options.MaxEvents)
        {
            long arrival = comes ? coming.Current.At : long.MaxValue;
            long other = _clock.NextAt;
            // What is under way when the workload ends is answered; looks end with the workload.
            if (arrival == long.MaxValue && other == long.MaxValue)
            {
                break;
            }
            _events++;
            // Of two at one time the arrival is always first, so that a seed gives one run and no other.
            if (arrival <= other)
            {
                _clock.AdvanceTo(arrival);
                _gateways.Arrive(coming.Current);
                comes = coming.MoveNext();
            }
            else
            {
                Handle(_clock.TakeNext());
            }

            if (progress is not null && _clock.Ticks / TimeSpan.TicksPerSecond > second)
            {
                second = _clock.Ticks / TimeSpan.TicksPerSecond;
                progress(second);
            }
        }

        double counted = (Math.Min(_clock.Ticks, _end) / (double)TimeSpan.TicksPerSecond) - _options.WarmupSeconds;
        double capacity = _state.World.Nodes.Sum(node => node.Cores * node.Speed);
        return _tally.Result(Math.Max(1e-9, counted), _director.Plan, _events, capacity);
    }

    private void Begin()
    {
        _director.Decide(_reports.Read());
        if (_options.Preloaded)
        {
            foreach (SimulatedReplica replica in _state.Replicas.ToArray())
            {
                Loaded(replica);
            }
            // What is loaded at the beginning takes none of the time that is simulated.
            _clock.Clear();
            _director.Decide(_reports.Read());
        }

        _clock.Schedule(SimulationClock.ToTicks(_options.LookSeconds), EventKind.Look, 0);
        if (_policy.Tuner is not null)
        {
            _clock.Schedule(SimulationClock.ToTicks(_options.FastSeconds), EventKind.FastLoop, 0);
        }
        foreach (Incident incident in _options.Incidents)
        {
            long at = SimulationClock.ToTicks(incident.AtSeconds);
            _clock.Schedule(at, EventKind.Incident, incident.Node, incident);
        }
    }

    private void Handle(in SimulatedEvent happens)
    {
        switch (happens.Kind)
        {
            case EventKind.Delivery:
                _gateways.Deliver((SimulatedRequest)happens.State!, happens.Target);
                break;
            case EventKind.BatchEnd:
                EndBatch((SimulatedBatch)happens.State!);
                break;
            case EventKind.Wake:
                _turns.Wake(_state.Replicas[happens.Target]);
                break;
            case EventKind.Loaded:
                if (!_state.Replicas[happens.Target].Node.IsLost)
                {
                    Loaded(_state.Replicas[happens.Target]);
                }
                break;
            case EventKind.FastLoop:
                _agents.Tune();
                ScheduleAgain(EventKind.FastLoop, _options.FastSeconds);
                break;
            case EventKind.Look:
                _telemetry.Send();
                ScheduleAgain(EventKind.Look, _options.LookSeconds);
                break;
            case EventKind.Reports:
                _director.Decide((NodeReport[])happens.State!);
                break;
            case EventKind.Incident:
                _incidents.Apply((Incident)happens.State!);
                break;
        }
    }

    private void EndBatch(SimulatedBatch batch)
    {
        _turns.End(batch, _lost);
        foreach (SimulatedRequest request in _lost)
        {
            _gateways.Lose(request);
        }

        _lost.Clear();
    }

    private void Loaded(SimulatedReplica replica)
    {
        _loading.End(replica);
        _routes.Publish(_director.Plan);
    }

    private void ScheduleAgain(EventKind kind, double seconds)
    {
        // Looks end with the workload, or the run would never be over.
        if (_clock.Ticks < _end)
        {
            _clock.Schedule(SimulationClock.ToTicks(seconds), kind, 0);
        }
    }
}
