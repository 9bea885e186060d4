using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>How requests end: routers count them out, and the tally counts what became of them.</summary>
internal sealed class RequestEnds(SimulationClock clock, SimulationTally tally)
{
    /// <summary>All rows of a request have run.</summary>
    /// <param name="request">The request.</param>
    /// <param name="replica">Where.</param>
    /// <param name="beganAt">When its last run began, ticks.</param>
    public void Answer(SimulatedRequest request, SimulatedReplica replica, long beganAt)
    {
        WorldModel model = replica.Model;
        double way = request.Target!.Node.IsLocal
            ? 0
            : NetworkWay.Seconds(request.Target, replica.Node, (long)model.AnswerBytes * request.Rows);
        double seconds = ((clock.Ticks - request.ArrivedAt) / (double)TimeSpan.TicksPerSecond) + way;
        replica.Tally.Answered(request.Rows * ((long)model.RequestBytes + model.AnswerBytes));
        if (seconds > model.SloSeconds)
        {
            replica.Tally.Missed();
        }
        if (!request.Target.Node.IsLocal)
        {
            request.Target.Load.ObserveWait(TimeSpan.FromTicks(beganAt) - request.Arrival, clock.Now);
        }
        Release(request);
        tally.Answered(request.Model, request.Rows, request.ArrivedAt, seconds);
    }

    /// <summary>A replica refused or dropped it.</summary>
    public void Drop(SimulatedRequest request)
    {
        Release(request);
        Refuse(request);
    }

    /// <summary>It is answered by nobody, and no router counts it.</summary>
    public void Refuse(SimulatedRequest request) => tally.Refused(request.Model, request.Rows, request.ArrivedAt);

    /// <summary>It is under way no more where routers counted it in.</summary>
    public static void Release(SimulatedRequest request)
    {
        request.Target!.Load.End(request.Rows);
        request.ServedLoad?.End(request.Rows);
    }
}
