using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>
/// The engines of the nodes: queues, turns on threads, and runs that take as long as the law says. Admission and turns
/// are decided by the classes of production.
/// </summary>
/// <param name="law">How long runs take.</param>
/// <param name="clock">Simulated time.</param>
/// <param name="ends">Ends requests.</param>
/// <param name="noise">Numbers for the law.</param>
/// <param name="observer">Told what is decided; null for nobody.</param>
internal sealed class EngineTurns(
    IServiceLaw law,
    SimulationClock clock,
    RequestEnds ends,
    SimulationRandom noise,
    ISimulationObserver? observer
)
{
    private readonly Stack<SimulatedBatch> _batches = [];
    private readonly List<SimulatedRequest> _overdue = [];

    /// <summary>Queues a request that has come to a replica, or refuses it.</summary>
    public void Take(SimulatedRequest request, SimulatedReplica replica)
    {
        replica.Tally.Came();
        QueueAdmission admission = AdmissionPolicy.Admit(replica.Schedule, request, replica.Policy, clock.Now);
        bool isAdmitted = admission.Verdict == AdmissionVerdict.Admitted;
        observer?.Arrived(request, isAdmitted, clock.Now);
        if (!isAdmitted)
        {
            replica.Tally.Missed();
            ends.Drop(request);
            return;
        }
        SetTimer(replica);
        StartIfWanted(replica);
    }

    /// <summary>Starts a turn of a replica that has work and may run more at once.</summary>
    public void StartIfWanted(SimulatedReplica replica)
    {
        if (TurnPolicy.TryAdd(replica.Schedule, clock.Now))
        {
            Start(replica);
        }
    }

    /// <summary>A run ends.</summary>
    /// <param name="batch">What ran; must not be used any more.</param>
    /// <param name="lost">Gets the requests that end with it where its node was lost meanwhile.</param>
    public void End(SimulatedBatch batch, List<SimulatedRequest> lost)
    {
        SimulatedReplica replica = batch.Replica;
        SimulatedNode node = replica.Node;
        node.Busy--;
        node.ThreadsBusy -= batch.Threads;
        // Exactly none where nothing runs: differences of many numbers leave a rest of rounding.
        node.Pressure = node.Busy == 0 ? 0 : node.Pressure - replica.Model.Intensity;
        node.CoreSeconds += batch.Seconds * batch.Threads;
        replica.Tally.Ran(batch.Rows, batch.Seconds);
        if (!node.IsLost)
        {
            TurnPolicy.End(replica.Schedule, batch.Rows, batch.Seconds, clock.Now);
        }
        foreach (BatchEntry<SimulatedRequest> entry in batch.Entries)
        {
            SimulatedRequest request = entry.Request;
            request.RowsDone += entry.Rows;
            if (request.RowsDone < request.Rows)
            {
                continue;
            }
            if (node.IsLost)
            {
                lost.Add(request);
            }
            else
            {
                ends.Answer(request, replica, batch.BeganAt);
            }
        }

        batch.Entries.Clear();
        _batches.Push(batch);
        if (!node.IsLost)
        {
            GoOn(replica);
        }
    }

    /// <summary>A replica's timer ends.</summary>
    public void Wake(SimulatedReplica replica)
    {
        // The timer was set to another time since.
        if (clock.Ticks != replica.TimerAt)
        {
            return;
        }
        replica.TimerAt = long.MaxValue;
        replica.WokenFor = TimeSpan.MaxValue;
        // Runs here go on to their end: what they take is given beforehand.
        TurnPolicy.Wake(replica.Schedule, clock.Now, _overdue, nextOfRuns: TimeSpan.MaxValue);
        DropOverdue(replica);
        SetTimer(replica);
        StartIfWanted(replica);
        UnloadIfLeaving(replica);
    }

    /// <summary>The thread takes the replica's next turn behind those that wait.</summary>
    private void GoOn(SimulatedReplica replica)
    {
        SimulatedNode node = replica.Node;
        // As an engine thread does: it goes on with its replica, behind those that wait.
        if (node.Waiting.Count == 0)
        {
            Run(replica);
        }
        else
        {
            node.Waiting.Enqueue(replica);
            Pump(node);
        }

        UnloadIfLeaving(replica);
    }

    private void Start(SimulatedReplica replica)
    {
        SimulatedNode node = replica.Node;
        if (node.Busy >= node.Spec.Cores)
        {
            node.Waiting.Enqueue(replica);
            return;
        }

        Run(replica);
    }

    /// <summary>Gives threads that are free to those that wait for one.</summary>
    private void Pump(SimulatedNode node)
    {
        while (node.Busy < node.Spec.Cores && node.Waiting.TryDequeue(out SimulatedReplica? next))
        {
            Run(next);
        }
    }

    /// <summary>Takes a turn: runs the next batch, if there is one to run now.</summary>
    private void Run(SimulatedReplica replica)
    {
        SimulatedBatch batch = _batches.TryPop(out SimulatedBatch? used) ? used : new SimulatedBatch();
        bool runs = TurnPolicy.TryBegin(replica.Schedule, clock.Now, batch.Entries, _overdue);
        DropOverdue(replica);
        if (!runs)
        {
            _batches.Push(batch);
            SetTimer(replica);
            return;
        }

        observer?.Began(batch, clock.Now);
        Begin(batch, replica);
        StartIfWanted(replica);
    }

    private void Begin(SimulatedBatch batch, SimulatedReplica replica)
    {
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
        batch.BeganAt = clock.Ticks;
        batch.Seconds = law.Seconds(replica.Model, node.Spec, rows, threads, pressure, crowding, noise);
        long ticks = Math.Max(1, SimulationClock.ToTicks(batch.Seconds));
        clock.Schedule(ticks, EventKind.BatchEnd, node.Index, batch);
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
        long delay = replica.Schedule.TimeToWake(clock.Now).Ticks;
        replica.TimerAt = clock.Ticks + delay;
        clock.Schedule(delay, EventKind.Wake, replica.Id);
    }

    private void DropOverdue(SimulatedReplica replica)
    {
        foreach (SimulatedRequest overdue in _overdue)
        {
            replica.Tally.Missed();
            observer?.Dropped(overdue, clock.Now);
            ends.Drop(overdue);
        }

        _overdue.Clear();
    }

    private static void UnloadIfLeaving(SimulatedReplica replica)
    {
        if (replica.IsLeaving)
        {
            replica.TryUnload();
        }
    }
}
