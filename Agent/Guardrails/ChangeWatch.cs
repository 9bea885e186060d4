using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Guardrails;

/// <summary>
/// Watches what changes do: compares the share of requests in time before and after, takes back what made it worse, and
/// stops the agent after too many of those. Not thread-safe; time is an argument.
/// </summary>
public sealed class ChangeWatch(GuardrailOptions options)
{
    /// <summary>
    /// Factor by which load must have risen before part of a fall may be its doing; less is what load does anyway.
    /// </summary>
    public const double LoadRise = 1.2;

    /// <summary>Share of the watch before which nothing is judged: too few requests have come.</summary>
    public const double EarliestShare = 1.0 / 6;

    /// <summary>Share of the watch at its beginning that does not count: loading itself disturbs.</summary>
    public const double DisturbedShare = 0.1;

    /// <summary>
    /// Factor on the tolerance at the watch's beginning; it falls to 1 at its end, as more requests tell more.
    /// </summary>
    public const double FirstTolerance = 3;

    /// <summary>Watches that are remembered: a change is compared with one watch before it.</summary>
    private const double RememberedWatches = 4;

    /// <summary>Time within which rollbacks count towards stopping the agent.</summary>
    private static readonly TimeSpan RollbackMemory = TimeSpan.FromHours(1);

    private readonly Queue<(TimeSpan At, long Requests, long Violations, double Work)> _seconds = new();
    private readonly Queue<TimeSpan> _rollbacks = new();
    private readonly Dictionary<PlanChange, TimeSpan> _tabu = [];
    private Pending? _pending;

    /// <summary>Whether a change is being watched.</summary>
    public bool IsWatching => _pending is not null;

    /// <summary>Whether the agent was stopped.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Changes taken back within the last hour.</summary>
    public int Rollbacks => _rollbacks.Count;

    /// <summary>Takes in what was counted since the last time.</summary>
    /// <param name="now">When.</param>
    /// <param name="requests">Requests that came.</param>
    /// <param name="violations">Those that were not answered in time.</param>
    /// <param name="work">Seconds of runs that they asked for; below 0 for one a request.</param>
    public void Count(TimeSpan now, long requests, long violations, double work = -1)
    {
        _seconds.Enqueue((now, requests, violations, work < 0 ? requests : work));
        TimeSpan remembered = TimeSpan.FromSeconds(options.WatchSeconds * RememberedWatches);
        while (_seconds.Count > 0 && now - _seconds.Peek().At > remembered)
        {
            _seconds.Dequeue();
        }
    }

    /// <summary>Share of requests in time and requests a second since a moment; −1 where there were none.</summary>
    public (double Attainment, double Rate) Since(TimeSpan from, TimeSpan now)
    {
        long requests = 0;
        long violations = 0;
        foreach ((TimeSpan at, long asked, long missed, _) in _seconds)
        {
            if (at <= from || at > now)
            {
                continue;
            }
            requests += asked;
            violations += missed;
        }

        return (
            requests == 0 ? -1 : 1 - ((double)violations / requests),
            requests / Math.Max(1e-9, (now - from).TotalSeconds)
        );
    }

    /// <summary>Work asked for a second, since a moment.</summary>
    private double LoadSince(TimeSpan from, TimeSpan now) =>
        _seconds.Where(second => second.At > from && second.At <= now).Sum(second => second.Work)
        / Math.Max(1e-9, (now - from).TotalSeconds);

    /// <summary>Begins to watch a change.</summary>
    /// <param name="before">The plan that it changes.</param>
    /// <param name="expected">Share of requests in time that was to be expected of that plan.</param>
    /// <param name="change">The change.</param>
    /// <param name="now">When.</param>
    /// <returns>Share of requests in time before it.</returns>
    public double Begin(ClusterPlan before, double expected, PlanChange change, TimeSpan now)
    {
        TimeSpan from = now - TimeSpan.FromSeconds(options.WatchSeconds);
        double attainment = Since(from, now).Attainment;
        _pending = new Pending(before, expected, change, now, attainment, LoadSince(from, now));
        return attainment;
    }

    /// <summary>Forgets the change that is watched: something else has changed.</summary>
    public void Abandon() => _pending = null;

    /// <summary>
    /// Judges the change that is watched, when its time is over, or as soon as it is plain that it did harm: from a
    /// sixth of the time on, by a tolerance that begins at three times what it ends at. Load that has risen by more
    /// than a fifth excuses a fall as far as the plan before would have fallen with it.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="expect">Share of requests in time that is to be expected of a plan under the load of now; asked
    /// only where the load has risen. Below 0 where none can be told, which excuses all.</param>
    /// <param name="before">The plan to go back to.</param>
    /// <param name="attainment">Share of requests in time since the change; −1 where there were none.</param>
    public ChangeVerdict Judge(
        TimeSpan now,
        Func<ClusterPlan, double> expect,
        out ClusterPlan before,
        out double attainment
    )
    {
        before = ClusterPlan.Empty;
        attainment = -1;
        if (_pending is not { } pending)
        {
            return ChangeVerdict.None;
        }
        double age = (now - pending.At).TotalSeconds;
        if (age < options.WatchSeconds * EarliestShare)
        {
            return ChangeVerdict.Waiting;
        }
        TimeSpan from = pending.At + TimeSpan.FromSeconds(options.WatchSeconds * DisturbedShare);
        attainment = Since(from, now).Attainment;
        double fall = pending.Attainment < 0 || attainment < 0 ? 0 : pending.Attainment - attainment;
        if (fall > 0 && LoadSince(from, now) > pending.Load * LoadRise)
        {
            fall -= Excused(pending, expect(pending.Before));
        }
        bool over = age >= options.WatchSeconds;
        double tolerance =
            options.Tolerance * (FirstTolerance - ((FirstTolerance - 1) * Math.Min(1, age / options.WatchSeconds)));
        if (fall > tolerance)
        {
            before = pending.Before;
            _pending = null;
            _tabu[pending.Change] = now + TimeSpan.FromSeconds(options.TabuSeconds);
            _rollbacks.Enqueue(now);
            while (now - _rollbacks.Peek() > RollbackMemory)
            {
                _rollbacks.Dequeue();
            }

            // Once stopped it stays so, whatever time passes: an operator is to look first.
            IsStopped |= _rollbacks.Count >= options.MaxRollbacks;
            return ChangeVerdict.RollBack;
        }

        if (!over)
        {
            return ChangeVerdict.Waiting;
        }
        _pending = null;
        return ChangeVerdict.Good;
    }

    /// <summary>Whether a change was taken back lately.</summary>
    public bool IsTabu(PlanChange change, TimeSpan now) => _tabu.TryGetValue(change, out TimeSpan until) && now < until;

    /// <summary>An operator lets the agent go on.</summary>
    public void Resume()
    {
        IsStopped = false;
        _rollbacks.Clear();
    }

    /// <summary>What of a fall is the load's doing.</summary>
    private static double Excused(Pending pending, double expected) =>
        expected < 0 || pending.Expected < 0 ? 1 : Math.Max(0, pending.Expected - expected);

    private sealed record Pending(
        ClusterPlan Before,
        double Expected,
        PlanChange Change,
        TimeSpan At,
        double Attainment,
        double Load
    );
}
