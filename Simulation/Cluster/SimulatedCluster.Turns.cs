using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <content>Turns on the nodes' engine threads, as ModelReplica and EngineScheduler take them.</content>
public sealed partial class SimulatedCluster
{
    private bool TryAddTurn(SimulatedReplica replica)
    {
        if (replica.Queue.Count == 0 || replica.Turns >= replica.Limits.Concurrency) return false;
        replica.Turns++;
        replica.TurnWait.Asked(Now);
        return true;
    }

    private void Start(SimulatedReplica replica)
    {
        SimulatedNode node = replica.Node;
        if (node.Busy >= node.Spec.Cores)
        {
            node.Waiting.Enqueue(replica);
            return;
        }

        RunTurn(replica);
    }

    /// <summary>Gives threads that are free to those that wait for one.</summary>
    private void Pump(SimulatedNode node)
    {
        while (node.Busy < node.Spec.Cores && node.Waiting.TryDequeue(out SimulatedReplica? next)) RunTurn(next);
    }

    private void RunTurn(SimulatedReplica replica)
    {
        TimeSpan now = Now, wait = TimeSpan.MaxValue;
        replica.TurnWait.Began(now);
        replica.Queue.TakeOverdue(now, _overdue);
        DropOverdue(replica);
        SimulatedBatch batch = _batches.TryPop(out SimulatedBatch? used) ? used : new SimulatedBatch();
        if (replica.Turns > replica.Limits.Concurrency || !replica.Queue.TryTake(now, replica.Limits, replica.Cost.Current, batch.Entries, out wait))
        {
            _batches.Push(batch);
            replica.Turns--;
            if (wait != TimeSpan.MaxValue) WakeAt(replica, _now + wait.Ticks);
            return;
        }

        int rows = 0;
        foreach (BatchEntry<SimulatedRequest> entry in batch.Entries) rows += entry.Rows;
        SimulatedNode node = replica.Node;
        int threads = Math.Max(1, replica.Knobs.Threads);
        double pressure = node.Pressure;
        node.Busy++;
        node.ThreadsBusy += threads;
        node.Pressure += replica.Model.Intensity;
        double crowding = (double)node.ThreadsBusy / node.Spec.Cores;
        (batch.Replica, batch.Rows, batch.Threads, batch.BeganAt) = (replica, rows, threads, _now);
        batch.Seconds = _world.Law.Seconds(replica.Model, node.Spec, rows, threads, pressure, crowding, _noise);
        _calendar.Add(_now + Math.Max(1, Ticks(batch.Seconds)), EventKind.BatchEnd, node.Index, batch);
        if (TryAddTurn(replica)) Start(replica);
    }

    private void EndBatch(SimulatedBatch batch)
    {
        SimulatedReplica replica = batch.Replica;
        SimulatedNode node = replica.Node;
        node.Busy--;
        node.ThreadsBusy -= batch.Threads;
        node.Pressure = node.Busy == 0 ? 0 : node.Pressure - replica.Model.Intensity;
        node.CoreSeconds += batch.Seconds * batch.Threads;
        replica.Counts.Runs++;
        replica.Counts.Rows += batch.Rows;
        replica.Counts.RunSeconds += batch.Seconds;
        bool lost = node.IsLost;
        if (!lost) replica.Cost.Observe(batch.Rows, batch.Seconds);
        foreach (BatchEntry<SimulatedRequest> entry in batch.Entries)
        {
            SimulatedRequest request = entry.Request;
            request.RowsDone += entry.Rows;
            if (request.RowsDone < request.Rows) continue;
            if (lost) Lose(request);
            else Answer(request, replica, batch.BeganAt);
        }

        batch.Entries.Clear();
        _batches.Push(batch);
        if (lost) return;
        replica.TurnWait.Asked(Now);
        // The thread takes the replica's next turn behind those that wait.
        if (node.Waiting.Count == 0)
        {
            RunTurn(replica);
        }
        else
        {
            node.Waiting.Enqueue(replica);
            Pump(node);
        }

        if (replica.IsLeaving) TryUnload(replica);
    }

    private void Answer(SimulatedRequest request, SimulatedReplica replica, long beganAt)
    {
        WorldModel model = replica.Model;
        double way = request.Target!.Node.IsLocal ? 0 : WaySeconds(request.Target, replica.Node, (long)model.AnswerBytes * request.Rows);
        double seconds = ((_now - request.ArrivedAt) / (double)TimeSpan.TicksPerSecond) + way;
        replica.Counts.Bytes += request.Rows * ((long)model.RequestBytes + model.AnswerBytes);
        if (seconds > model.SloSeconds) replica.Counts.Violations++;
        if (!request.Target.Node.IsLocal) request.Target.Load.Saw(TimeSpan.FromTicks(beganAt) - request.Arrival, Now);
        Ended(request);
        _tally.Answered(request.Model, request.Rows, request.ArrivedAt, seconds);
    }

    private void Wake(SimulatedReplica replica)
    {
        if (_now < replica.WakeAt) return;
        replica.WakeAt = long.MaxValue;
        replica.Queue.TakeOverdue(Now, _overdue);
        DropOverdue(replica);
        if (replica.Queue.NextDeadline != TimeSpan.MaxValue) WakeAt(replica, replica.Queue.NextDeadline.Ticks);
        if (TryAddTurn(replica)) Start(replica);
        if (replica.IsLeaving) TryUnload(replica);
    }

    private void WakeAt(SimulatedReplica replica, long at)
    {
        if (at >= replica.WakeAt) return;
        replica.WakeAt = at;
        _calendar.Add(Math.Max(at, _now + 1), EventKind.Wake, replica.Id);
    }

    private void DropOverdue(SimulatedReplica replica)
    {
        foreach (SimulatedRequest overdue in _overdue)
        {
            replica.Counts.Violations++;
            Drop(overdue);
        }

        _overdue.Clear();
    }
}
