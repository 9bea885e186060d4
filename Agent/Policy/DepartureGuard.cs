using OrleansInference.Agent.FastLoop;

namespace OrleansInference.Agent.Policy;

/// <summary>
/// Compares what happens where the policy departs from the default with what happens where it would have and was not
/// let: of the looks in which it wants to, every eighth block of four is withheld. Where departing is worse beyond
/// chance, it is suspended, each time for twice as long. Not thread-safe.
/// </summary>
public sealed class DepartureGuard
{
    private const int Block = 4;
    private const int Blocks = 8;
    private const double Forgetting = 0.99;
    private const double LeastRequests = 30;
    private const double Tolerance = 0.002;
    private const int FirstRest = 120;

    private int _wanted;
    private int _rest;
    private int _suspensions;
    private bool _asked;
    private bool _departed;
    private double _departedRequests;
    private double _departedViolations;
    private double _withheldRequests;
    private double _withheldViolations;

    /// <summary>How often it was suspended.</summary>
    public int Suspensions => _suspensions;

    /// <summary>Takes in what came of the last look.</summary>
    public void Observe(in ReplicaView view)
    {
        if (_rest > 0)
        {
            _rest--;
        }
        if (!_asked)
        {
            return;
        }
        double requests = view.Requests + view.OtherRequests;
        double violations = view.Violations + view.OtherViolations;
        _departedRequests = _departedRequests * Forgetting;
        _departedViolations = _departedViolations * Forgetting;
        _withheldRequests = _withheldRequests * Forgetting;
        _withheldViolations = _withheldViolations * Forgetting;
        if (_departed)
        {
            (_departedRequests, _departedViolations) = (_departedRequests + requests, _departedViolations + violations);
        }
        else
        {
            (_withheldRequests, _withheldViolations) = (_withheldRequests + requests, _withheldViolations + violations);
        }
        if (_departedRequests < LeastRequests || _withheldRequests < LeastRequests)
        {
            return;
        }
        double departed = _departedViolations / _departedRequests;
        double withheld = _withheldViolations / _withheldRequests;
        double all = (_departedViolations + _withheldViolations) / (_departedRequests + _withheldRequests);
        if (
            departed
            <= withheld
                + Tolerance
                + (1.5 * Math.Sqrt(all * (1 - all) * ((1 / _departedRequests) + (1 / _withheldRequests))))
        )
        {
            return;
        }
        _rest = FirstRest << Math.Min(_suspensions++, 8);
        _departedRequests = 0;
        _departedViolations = 0;
        _withheldRequests = 0;
        _withheldViolations = 0;
    }

    /// <summary>Whether the policy may do what it wants to until the next look.</summary>
    /// <param name="wants">Whether it wants something else than the default.</param>
    public bool Allows(bool wants)
    {
        _asked = wants && _rest == 0;
        _departed = _asked && _wanted++ / Block % Blocks != Blocks / 2;
        return _departed;
    }
}
