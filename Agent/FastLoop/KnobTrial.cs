using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.FastLoop;

/// <summary>
/// Puts settings that were found in idle time to the test of live traffic: the usual settings and the proposed ones
/// take turns, and the proposed ones stay only where requests were answered sooner. Idle time on a node that others
/// use, or made-up requests, may have misled the search. Pure; not thread-safe.
/// </summary>
/// <param name="usual">The settings without the proposal.</param>
/// <param name="proposed">The settings that a search proposes.</param>
public sealed class KnobTrial(ReplicaKnobs usual, ReplicaKnobs proposed)
{
    /// <summary>Requests that a look must have to count.</summary>
    public const int LeastRequests = 10;

    /// <summary>Turns that each of the two takes.</summary>
    public const int Rounds = 3;

    /// <summary>The proposal must be this much better: a draw is the usual settings'.</summary>
    private const double LeastGain = 0.02;

    private readonly List<double> _usual = [];
    private readonly List<double> _proposed = [];
    private bool _isSettled;

    /// <summary>The settings to run with now.</summary>
    public ReplicaKnobs Current => IsConfirmed || (!IsOver && _proposed.Count < _usual.Count) ? proposed : usual;

    /// <summary>Whether it is decided.</summary>
    public bool IsOver => _proposed.Count == Rounds;

    /// <summary>Whether the proposed settings were better; false while it is not over.</summary>
    public bool IsConfirmed => IsOver && Median(_proposed) <= Median(_usual) * (1 - LeastGain);

    /// <summary>What it came to, for operators.</summary>
    public string Reason =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"live requests took {Median(_proposed) * 1000:F2} ms with it and {Median(_usual) * 1000:F2} ms without"
        );

    /// <summary>
    /// Takes in what requests did since the last look. The first look behind a change counts for nothing.
    /// </summary>
    /// <param name="requests">Requests that were answered, ≥ 0.</param>
    /// <param name="meanSeconds">Their mean time from arrival to answer.</param>
    public void Observe(long requests, double meanSeconds)
    {
        if (IsOver || requests < LeastRequests)
        {
            return;
        }
        // The first look behind a change still holds requests from before it.
        if (!_isSettled)
        {
            _isSettled = true;
            return;
        }

        _isSettled = false;
        List<double> turn = _proposed.Count < _usual.Count ? _proposed : _usual;
        turn.Add(meanSeconds);
    }

    /// <summary>The middle of the turns: one that met a hiccup does not decide.</summary>
    private static double Median(List<double> turns) => turns.Count == 0 ? 0 : turns.Order().ElementAt(turns.Count / 2);
}
