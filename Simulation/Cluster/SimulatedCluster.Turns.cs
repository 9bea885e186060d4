using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <content>Turns on the nodes' engine threads.</content>
public sealed partial class SimulatedCluster
{
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
        while (node.Busy < node.Spec.Cores && node.Waiting.TryDequeue(out SimulatedReplica? next))
        {
            RunTurn(next);
        }
    }

    private void RunTurn(SimulatedReplica replica)
    {
        SimulatedBatch batch = _batches.TryPop(out SimulatedBatch? used) ? used : new SimulatedBatch();
        bool runs = TurnPolicy.TryBegin(replica.Schedule, Now, batch.Entries, _overdue);
        DropOverdue(replica);
        if (!runs)
        {
            _batches.Push(batch);
            SetTimer(replica);
            return;
        }

        _options.Observer?.Began(batch, Now);
        int rows = 0;
        foreach (BatchEntry<SimulatedRequest> entry in batch.Entries)
        {
            rows += entry.Rows;
        }
        SimulatedNode node = replica.Node;
        int threads = Math.Max(1, replica.Knobs.Threads);
        double pressure = node.Pressure;
        node.Busy++;
        node.ThreadsBusy += threads;
        node.Pressure += replica.Model.Intensity;
        double crowding = (double)node.ThreadsBusy / node.Spec.Cores;
        batch.Replica = replica;
        batch.Rows = rows;
        batch.Threads = threads;
        batch.BeganAt = _now;
        batch.Seconds = _world.Law.Seconds(replica.Model, node.Spec, rows, threads, pressure, crowding, _noise);
        _calendar.Add(_now + Math.Max(1, Ticks(batch.Seconds)), EventKind.BatchEnd, node.Index, batch);
        if (TurnPolicy.TryAdd(replica.Schedule, Now))
        {
            Start(replica);
        }
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
        if (!lost)
        {
            TurnPolicy.End(replica.Schedule, batch.Rows, batch.Seconds, Now);
        }
        foreach (BatchEntry<SimulatedRequest> entry in batch.Entries)
        {
            SimulatedRequest request = entry.Request;
            request.RowsDone += entry.Rows;
            if (request.RowsDone < request.Rows)
            {
                continue;
            }
            if (lost)
            {
                Lose(request);
            }
            else
            {
                Answer(request, replica, batch.BeganAt);
            }
        }

        batch.Entries.Clear();
        _batches.Push(batch);
        if (lost)
        {
            return;
        }
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

        if (replica.IsLeaving)
        {
            TryUnload(replica);
        }
    }

    private void Answer(SimulatedRequest request, SimulatedReplica replica, long beganAt)
    {
        WorldModel model = replica.Model;
        double way = request.Target!.Node.IsLocal
            ? 0
            : WaySeconds(request.Target, replica.Node, (long)model.AnswerBytes * request.Rows);
        double seconds = ((_now - request.ArrivedAt) / (double)TimeSpan.TicksPerSecond) + way;
        replica.Counts.Bytes += request.Rows * ((long)model.RequestBytes + model.AnswerBytes);
        if (seconds > model.SloSeconds)
        {
            replica.Counts.Violations++;
        }
        if (!request.Target.Node.IsLocal)
        {
            request.Target.Load.Saw(TimeSpan.FromTicks(beganAt) - request.Arrival, Now);
        }
        Ended(request);
        _tally.Answered(request.Model, request.Rows, request.ArrivedAt, seconds);
    }

    private void Wake(SimulatedReplica replica)
    {
        // The timer was set to another time since.
        if (_now != replica.TimerAt)
        {
            return;
        }
        replica.TimerAt = long.MaxValue;
        replica.WokenFor = TimeSpan.MaxValue;
        TurnPolicy.Wake(replica.Schedule, Now, _overdue);
        DropOverdue(replica);
        SetTimer(replica);
        if (TurnPolicy.TryAdd(replica.Schedule, Now))
        {
            Start(replica);
        }
        if (replica.IsLeaving)
        {
            TryUnload(replica);
        }
    }

    private void SetTimer(SimulatedReplica replica)
    {
        TimeSpan at = replica.Schedule.WakeAt;
        if (at == replica.WokenFor)
        {
            return;
        }
        replica.WokenFor = at;
        if (at == TimeSpan.MaxValue)
        {
            return;
        }
        replica.TimerAt = _now + replica.Schedule.TimeToWake(Now).Ticks;
        _calendar.Add(replica.TimerAt, EventKind.Wake, replica.Id);
    }

    private void DropOverdue(SimulatedReplica replica)
    {
        foreach (SimulatedRequest overdue in _overdue)
        {
            replica.Counts.Violations++;
            _options.Observer?.Dropped(overdue, Now);
            Drop(overdue);
        }

        _overdue.Clear();
    }
}
