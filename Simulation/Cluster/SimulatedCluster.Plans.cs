using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Snapshots;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <content>Reports, plans and how they are carried out.</content>
public sealed partial class SimulatedCluster
{
    private void Report()
    {
        NodeReport[] reports = Reports();
        if (_options.TelemetryLoss > 0)
        {
            reports = Array.FindAll(reports, _ => _loss.NextDouble() >= _options.TelemetryLoss);
        }
        if (_options.TelemetryDelaySeconds > 0)
        {
            _calendar.Add(_now + Ticks(_options.TelemetryDelaySeconds), EventKind.Reports, 0, reports);
        }
        else
        {
            Look(reports);
        }
    }

    private NodeReport[] Reports() => [.. _nodes.Where(node => !node.IsLost).Select(Report)];

    private NodeReport Report(SimulatedNode node)
    {
        double used = (node.CoreSeconds - node.CoreSecondsSeen) / (node.Spec.Cores * _options.LookSeconds);
        node.CoreSecondsSeen = node.CoreSeconds;
        SimulatedReplica[] ready =
        [
            .. node.Replicas.Values.Where(replica => replica.IsReady).OrderBy(replica => replica.ModelIndex),
        ];
        return new NodeReport
        {
            Name = node.Spec.Name,
            Address = node.Address,
            ServiceType = "twin",
            Resources = new NodeResources
            {
                Cores = node.Spec.Cores,
                MemoryBytes = node.Spec.MemoryBytes,
                Devices = ["twin"],
                LinkMbps = node.Spec.LinkMbps,
            },
            Offers =
            [
                .. ready.Select(replica => new ModelOffer(
                    replica.Model.Name,
                    "1",
                    default,
                    replica.Model.MemoryBytes,
                    IsWanted: false
                )),
            ],
            Replicas = [.. ready.Select(Report)],
            ReplicaGrains = [.. ready.Select(replica => ReplicaKey.Of(replica.Model.Name, replica.GrainIndex))],
            CpuShare = Math.Min(1, used),
            MemoryReserved = node.Reserved,
            RequestsForwarded = node.Forwarded.Requests,
            BytesForwarded = node.Forwarded.Bytes,
            IsReady = true,
        };
    }

    private static ReplicaReport Report(SimulatedReplica replica)
    {
        BatchCost cost = replica.Schedule.Cost.Current;
        return new ReplicaReport
        {
            Model = replica.Model.Name,
            Version = "1",
            Route = new ReplicaRoute
            {
                Version = "1",
                BaseSeconds = cost.BaseSeconds,
                SecondsPerRow = cost.SecondsPerRow,
                Concurrency = Math.Min(replica.Schedule.Limits.Concurrency, replica.Node.Spec.Cores),
                RowsPerBatch = BatchPolicy.Cap(replica.Schedule.Limits, cost),
                IsBatched = true,
                MaxQueuedRequests = MaxQueued,
            },
            Queued = replica.Schedule.Queue.Count,
            Rows = replica.Counts.Rows,
            MemoryBytes = replica.Model.MemoryBytes,
            Requests = replica.Counts.Requests,
            Violations = replica.Counts.Violations,
            Runs = replica.Counts.Runs,
            RunSeconds = replica.Counts.RunSeconds,
            Bytes = replica.Counts.Bytes,
            SloMs = replica.Model.SloSeconds * 1000,
            Knobs = replica.Knobs,
            MaxRows = replica.Model.MaxRows,
        };
    }

    private void Look(NodeReport[] reports)
    {
        if (reports.Length == 0)
        {
            return;
        }
        ClusterObservation seen = ClusterObserver.Observe(
            reports,
            _desired,
            Pins(),
            drained: new HashSet<string>(),
            failures: new Dictionary<(Orleans.Runtime.SiloAddress, string), string>(),
            demand: new Dictionary<string, double>()
        );
        ClusterObservation observation = seen with
        {
            Now = Now,
            Reports = reports,
            Window = _windows.Advance(reports, Now),
        };
        ClusterPlan plan = _policy.Planner.Plan(observation, _plan);
        if (!PlanComparison.AreAlike(plan, _plan))
        {
            _plan = plan with { Epoch = _plan.Epoch + 1 };
        }
        Carry();
        Publish();
    }

    private Dictionary<string, ModelPin> Pins() =>
        _policy.LoadBalance is { } balance
            ? _names.ToDictionary(name => name, _ => new ModelPin { LoadBalance = balance })
            : [];

    private void Publish()
    {
        RoutingTable routing = RoutingTables.Build(_plan, Reports(), _routing.Sequence + 1);
        if (_routing.Sequence > 0 && RoutingTables.AreAlike(routing, _routing))
        {
            return;
        }
        _routing = routing;
        foreach (SimulatedNode node in _nodes)
        {
            node.Snapshot = node.Snapshot.Next(routing, node.Address);
        }
    }

    private void Carry()
    {
        foreach (ModelPlan model in _plan.Models)
        {
            int index = Array.IndexOf(_names, model.Name);
            foreach (ReplicaPlan planned in model.Replicas)
            {
                SimulatedNode? node = Array.Find(_nodes, other => other.Address.Equals(planned.Node));
                if (node is null || node.IsLost)
                {
                    continue;
                }
                if (!node.Replicas.TryGetValue(index, out SimulatedReplica? replica))
                {
                    replica = Load(index, node);
                }
                if (replica is null)
                {
                    continue;
                }
                replica.IsLeaving = false;
                replica.GrainIndex = planned.Index;
                if (replica.Planned != planned.Knobs)
                {
                    SetKnobs(replica, replica.Planned = planned.Knobs);
                }
            }

            // Make before break: what the plan has no more goes when another one serves.
            foreach (SimulatedNode node in _nodes)
            {
                if (
                    !node.Replicas.TryGetValue(index, out SimulatedReplica? replica)
                    || !replica.IsReady
                    || replica.IsLeaving
                )
                {
                    continue;
                }
                if (Array.Exists(model.Replicas, planned => planned.Node.Equals(node.Address)))
                {
                    continue;
                }
                if (
                    !Array.Exists(
                        model.Replicas,
                        planned =>
                            _nodes.Any(other =>
                                other.Address.Equals(planned.Node)
                                && other.Replicas.TryGetValue(index, out SimulatedReplica? there)
                                && there.IsReady
                            )
                    )
                )
                {
                    continue;
                }
                replica.IsLeaving = true;
            }
        }

        Publish();
        foreach (SimulatedReplica leaving in _replicas.Where(replica => replica is { IsLeaving: true, IsReady: true }))
        {
            TryUnload(leaving);
        }
    }

    private SimulatedReplica? Load(int model, SimulatedNode node)
    {
        WorldModel spec = _world.Models[model];
        // What leaves still holds its memory: the load waits for it.
        if (node.Reserved + spec.MemoryBytes > node.Spec.MemoryBytes)
        {
            return null;
        }
        node.Reserved += spec.MemoryBytes;
        int instances = _policy.Instances > 0 ? Math.Min(_policy.Instances, node.Spec.Cores) : node.Spec.Cores;
        BatchLimits limits = new()
        {
            MaxRows = _policy.MaxRows > 0 ? Math.Min(_policy.MaxRows, spec.MaxRows) : spec.MaxRows,
            FillToMax = _policy.FillToMax,
            MaxDelay = TimeSpan.FromSeconds(_policy.DelaySeconds),
            Concurrency = instances,
            MaxQueuedRequests = MaxQueued,
        };
        SimulatedReplica replica = new(_replicas.Count, model, spec, node, limits, _policy.Admission)
        {
            Tuner = _policy.Tuner?.Invoke(),
        };
        replica.Knobs = new ReplicaKnobs { Threads = 1, Instances = instances };
        _replicas.Add(replica);
        node.Replicas.Add(model, replica);
        if (_now > 0)
        {
            _tally.Loads++;
            _tally.CrossBytes += spec.MemoryBytes / 2.0;
        }

        double transfer = spec.MemoryBytes / 2.0 / (node.Spec.LinkMbps * 125_000);
        _calendar.Add(_now + Ticks((spec.LoadSeconds / node.Spec.Speed) + transfer), EventKind.Loaded, replica.Id);
        return replica;
    }

    /// <summary>Warmed as a real load is: two sizes are measured before the first request.</summary>
    private void Loaded(SimulatedReplica replica)
    {
        for (int rows = 1; rows <= Math.Min(8, replica.Model.MaxRows); rows *= 2)
        {
            double seconds = _world.Law.Seconds(
                replica.Model,
                replica.Node.Spec,
                rows,
                1,
                replica.Node.Pressure,
                1,
                _noise
            );
            replica.Schedule.Cost.Observe(rows, seconds);
        }

        replica.IsReady = true;
        Publish();
    }

    private static void TryUnload(SimulatedReplica replica)
    {
        if (!replica.IsReady || !replica.Schedule.IsIdle)
        {
            return;
        }
        replica.IsReady = false;
        replica.Node.Reserved -= replica.Model.MemoryBytes;
        replica.Node.Replicas.Remove(replica.ModelIndex);
    }

    private static void SetKnobs(SimulatedReplica replica, ReplicaKnobs knobs)
    {
        int cores = replica.Node.Spec.Cores;
        int threads = knobs.Threads > 0 ? Math.Min(knobs.Threads, cores) : 1;
        BatchLimits limits = replica.Configured.With(knobs, threads, cores);
        replica.Schedule.Limits = limits;
        replica.Knobs = knobs with { Threads = threads, Instances = limits.Concurrency };
    }

    private void Tune()
    {
        foreach (SimulatedNode node in _nodes)
        {
            node.Since = default;
        }
        foreach (SimulatedReplica replica in _replicas)
        {
            if (replica.IsReady && replica.Tuner is not null)
            {
                replica.Node.Since = replica.Node.Since.Plus(replica.Counts.Minus(replica.Seen));
            }
        }

        foreach (SimulatedReplica replica in _replicas)
        {
            if (!replica.IsReady || replica.Tuner is null)
            {
                continue;
            }
            ReplicaCounts since = replica.Counts.Minus(replica.Seen);
            ReplicaCounts others = replica.Node.Since.Minus(since);
            BatchCost cost = replica.Schedule.Cost.Current;
            BatchLimits limits = replica.Schedule.Limits;
            replica.Seen = replica.Counts;
            ReplicaKnobs knobs = replica.Tuner.Tune(
                new ReplicaView
                {
                    Now = Now,
                    Planned = replica.Planned,
                    Current = replica.Knobs with
                    {
                        MaxRows = BatchPolicy.Cap(limits, cost),
                        DelayMs = limits.MaxDelay.TotalMilliseconds,
                    },
                    BaseSeconds = cost.BaseSeconds,
                    SecondsPerRow = cost.SecondsPerRow,
                    MaxRows = replica.Model.MaxRows,
                    SloSeconds = replica.Model.SloSeconds,
                    Seconds = _options.FastSeconds,
                    Requests = since.Requests,
                    Violations = since.Violations,
                    Rows = since.Rows,
                    Runs = since.Runs,
                    RunSeconds = since.RunSeconds,
                    Queued = replica.Schedule.Queue.Count,
                    Cores = replica.Node.Spec.Cores,
                    OtherRequests = others.Requests,
                    OtherViolations = others.Violations,
                    OtherRunSeconds = others.RunSeconds,
                }
            );
            SetKnobs(replica, knobs);
            if (TurnPolicy.TryAdd(replica.Schedule, Now))
            {
                Start(replica);
            }
        }
    }

    private void Happen(in Incident incident)
    {
        SimulatedNode node = _nodes[incident.Node];
        if (incident.Speed > 0)
        {
            node.Spec = node.Spec with { Speed = _world.Nodes[node.Index].Speed * incident.Speed };
            return;
        }

        node.IsLost = true;
        foreach (SimulatedNode other in _nodes)
        {
            foreach (Routing.Health.NodeState state in other.Snapshot.Nodes)
            {
                if (state.Address.Equals(node.Address))
                {
                    state.Eject(Now);
                }
            }
        }

        foreach (SimulatedReplica replica in node.Replicas.Values)
        {
            replica.IsReady = false;
            List<SimulatedRequest> all = [];
            replica.Schedule.Queue.TakeOverdue(TimeSpan.MaxValue - TimeSpan.FromTicks(1), all);
            foreach (SimulatedRequest queued in all)
            {
                Lose(queued);
            }
        }

        node.Replicas.Clear();
        node.Waiting.Clear();
    }
}
