using OrleansInference.Routing.Snapshots;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Turns;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <content>The way of a request: gateway, router, admission, queue.</content>
public sealed partial class SimulatedCluster
{
    private void Arrive(in Arrival arrival)
    {
        SimulatedNode? entry = NextEntry();
        if (entry is null)
        {
            _tally.Refused(arrival.Model, arrival.Rows, _now);
            return;
        }

        SimulatedRequest request = new(_requests[arrival.Model], arrival.Model, arrival.Rows, _now)
        {
            Entry = entry.Index,
        };
        if (_options.Deadlines)
        {
            request.Deadline = TimeSpan.FromTicks(_now + Ticks(_world.Models[arrival.Model].SloSeconds));
        }
        Send(request, entry, excluded: null);
    }

    /// <summary>Clients spread over the gateways that answer.</summary>
    private SimulatedNode? NextEntry()
    {
        if (_options.EntryNode is { } entry && !_nodes[entry].IsLost)
        {
            return _nodes[entry];
        }
        for (int i = 0; i < _nodes.Length; i++)
        {
            SimulatedNode node = _nodes[_entry];
            _entry = _entry + 1 == _nodes.Length ? 0 : _entry + 1;
            if (!node.IsLost)
            {
                return node;
            }
        }

        return null;
    }

    private void Send(SimulatedRequest request, SimulatedNode entry, Routing.Health.NodeState? excluded)
    {
        WorldModel model = _world.Models[request.Model];
        long bytes = (long)model.RequestBytes * request.Rows;
        TimeSpan left = _options.Deadlines
            ? TimeSpan.FromTicks(Math.Max(1, request.Deadline.Ticks - _now))
            : TimeSpan.Zero;
        RouteRequest route = new(_names[request.Model], "", request.Rows, bytes, left, excluded);
        if (entry.Snapshot.Pick(route, Now, entry.Numbers.Next()) is not { } target)
        {
            _tally.Refused(request.Model, request.Rows, request.ArrivedAt);
            return;
        }

        request.Target = target;
        target.Load.Begin(request.Rows);
        int at = NodeIndex(target);
        if (target.Node.IsLocal)
        {
            Deliver(request, at);
            return;
        }

        long back = (long)model.AnswerBytes * request.Rows;
        entry.Forwarded = (entry.Forwarded.Requests + 1, entry.Forwarded.Bytes + bytes + back);
        _tally.CrossBytes += bytes + back;
        _calendar.Add(_now + Ticks(WaySeconds(target, entry, bytes)), EventKind.Delivery, at, request);
    }

    private static int NodeIndex(ReplicaTarget target) => target.Node.Address.Endpoint.Port - 20_000;

    private static double WaySeconds(ReplicaTarget target, SimulatedNode entry, long bytes) =>
        HopCost.Seconds(target.Node, bytes) + (bytes / (entry.Spec.LinkMbps * 125_000));

    private void Deliver(SimulatedRequest request, int at)
    {
        SimulatedNode node = _nodes[at];
        if (node.IsLost || !node.Replicas.TryGetValue(request.Model, out SimulatedReplica? replica) || !replica.IsReady)
        {
            Lose(request);
            return;
        }

        if (request.Entry != at && node.Snapshot.Find(_names[request.Model]) is { } own)
        {
            request.ServedLoad = Array.Find(own.Latest, target => target.Node.IsLocal)?.Load;
            request.ServedLoad?.Begin(request.Rows);
        }

        replica.Counts.Requests++;
        if (Admit(request, replica))
        {
            return;
        }
        replica.Counts.Violations++;
        Drop(request);
    }

    private bool Admit(SimulatedRequest request, SimulatedReplica replica)
    {
        QueueAdmission admission = AdmissionPolicy.Admit(replica.Schedule, request, replica.Policy, Now);
        bool isAdmitted = admission.Verdict == AdmissionVerdict.Admitted;
        _options.Observer?.Arrived(request, isAdmitted, Now);
        if (!isAdmitted)
        {
            return false;
        }
        SetTimer(replica);
        if (TurnPolicy.TryAdd(replica.Schedule, Now))
        {
            Start(replica);
        }
        return true;
    }

    /// <summary>A node was lost with the request: it goes elsewhere, once.</summary>
    private void Lose(SimulatedRequest request)
    {
        Routing.Health.NodeState node = request.Target!.Node;
        SimulatedNode entry = _nodes[request.Entry];
        Ended(request);
        request.ServedLoad = null;
        if (request.Retried || entry.IsLost)
        {
            _tally.Refused(request.Model, request.Rows, request.ArrivedAt);
            return;
        }

        request.Retried = true;
        SimulatedRequest again = new(request.Request, request.Model, request.Rows, request.ArrivedAt)
        {
            Entry = request.Entry,
            Deadline = request.Deadline,
            Retried = true,
        };
        Send(again, entry, node);
    }

    private void Drop(SimulatedRequest request)
    {
        Ended(request);
        _tally.Refused(request.Model, request.Rows, request.ArrivedAt);
    }

    private static void Ended(SimulatedRequest request)
    {
        request.Target!.Load.End(request.Rows);
        request.ServedLoad?.End(request.Rows);
    }
}
