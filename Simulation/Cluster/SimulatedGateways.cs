using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>
/// The way of requests to replicas: clients choose a gateway, its router picks a replica, the network takes its time,
/// and what a lost node had goes elsewhere, once.
/// </summary>
/// <param name="state">Nodes and replicas.</param>
/// <param name="options">Deadlines, and where clients connect.</param>
/// <param name="clock">Simulated time.</param>
/// <param name="tally">Counts what crosses the network.</param>
/// <param name="ends">Ends requests.</param>
/// <param name="turns">Takes requests in.</param>
internal sealed class SimulatedGateways(
    TwinState state,
    SimulationOptions options,
    SimulationClock clock,
    SimulationTally tally,
    RequestEnds ends,
    EngineTurns turns
)
{
    private readonly InferenceCall[] _requests =
    [
        .. state.Names.Select(name => new InferenceCall { ModelName = name, Inputs = [] }),
    ];
    private int _next;

    /// <summary>A client sends a request.</summary>
    public void Arrive(in Arrival arrival)
    {
        SimulatedNode? entry = NextEntry();
        SimulatedRequest request = new(_requests[arrival.Model], arrival.Model, arrival.Rows, clock.Ticks);
        if (entry is null)
        {
            ends.Refuse(request);
            return;
        }

        request.Entry = entry.Index;
        if (options.Deadlines)
        {
            long allowed = SimulationClock.ToTicks(state.World.Models[arrival.Model].SloSeconds);
            request.Deadline = TimeSpan.FromTicks(clock.Ticks + allowed);
        }
        Send(request, entry, excluded: null);
    }

    /// <summary>A request gets to a node.</summary>
    public void Deliver(SimulatedRequest request, int at)
    {
        SimulatedNode node = state.Nodes[at];
        if (node.IsLost || !node.Replicas.TryGetValue(request.Model, out SimulatedReplica? replica) || !replica.IsReady)
        {
            Lose(request);
            return;
        }

        if (request.Entry != at && node.Snapshot.Find(state.Names[request.Model]) is { } own)
        {
            request.ServedLoad = Array.Find(own.Latest, target => target.Node.IsLocal)?.Load;
            request.ServedLoad?.Begin(request.Rows);
        }

        turns.Take(request, replica);
    }

    /// <summary>A node was lost with the request: it goes elsewhere, once.</summary>
    public void Lose(SimulatedRequest request)
    {
        NodeState node = request.Target!.Node;
        SimulatedNode entry = state.Nodes[request.Entry];
        RequestEnds.Release(request);
        request.ServedLoad = null;
        // Sent elsewhere once, as the router does.
        if (request.Retried || entry.IsLost)
        {
            ends.Refuse(request);
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

    /// <summary>Clients spread over the gateways that answer.</summary>
    private SimulatedNode? NextEntry()
    {
        if (options.EntryNode is { } entry && !state.Nodes[entry].IsLost)
        {
            return state.Nodes[entry];
        }
        for (int i = 0; i < state.Nodes.Length; i++)
        {
            SimulatedNode node = state.Nodes[_next];
            _next = _next + 1 == state.Nodes.Length ? 0 : _next + 1;
            if (!node.IsLost)
            {
                return node;
            }
        }

        return null;
    }

    private void Send(SimulatedRequest request, SimulatedNode entry, NodeState? excluded)
    {
        WorldModel model = state.World.Models[request.Model];
        long bytes = (long)model.RequestBytes * request.Rows;
        TimeSpan left = options.Deadlines
            // A timeout of zero would be none at all.
            ? TimeSpan.FromTicks(Math.Max(1, request.Deadline.Ticks - clock.Ticks))
            : TimeSpan.Zero;
        RouteRequest route = new(model.Name, "", request.Rows, bytes, left, excluded);
        if (entry.Snapshot.Pick(route, clock.Now, entry.Numbers.Next()) is not { } target)
        {
            ends.Refuse(request);
            return;
        }

        request.Target = target;
        target.Load.Begin(request.Rows);
        int at = SimulatedNode.IndexOf(target.Node.Address);
        if (target.Node.IsLocal)
        {
            Deliver(request, at);
            return;
        }

        long back = (long)model.AnswerBytes * request.Rows;
        entry.CountForwarded(bytes + back);
        tally.CrossBytes += bytes + back;
        long way = SimulationClock.ToTicks(NetworkWay.Seconds(target, entry, bytes));
        clock.Schedule(way, EventKind.Delivery, at, request);
    }
}
