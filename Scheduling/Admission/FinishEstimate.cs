namespace OrleansInference.Scheduling.Admission;

/// <summary>
/// When a request would be answered: the one prediction by which gateway, router and replica decide. What they know of
/// the work ahead differs, the formula and its margin do not.
/// </summary>
/// <param name="WaitSeconds">Seconds until its run begins, ≥ 0.</param>
/// <param name="OwnSeconds">Seconds of its own run, and of the way there where that counts, ≥ 0.</param>
public readonly record struct FinishEstimate(double WaitSeconds, double OwnSeconds)
{
    /// <summary>
    /// What a wait may take beyond its prediction, as a share of it: batches are not always full, and the answer must
    /// still get to its caller. A request that is let in and then late is served for nobody.
    /// </summary>
    public const double WaitMargin = 0.2;

    /// <summary>Seconds until it is answered.</summary>
    public double Seconds => WaitSeconds + OwnSeconds;

    /// <summary>
    /// wait = what begins first + rows ahead ÷ rows a second, or the wait that was seen where that is longer.
    /// </summary>
    /// <param name="rowsAhead">Rows that run before it.</param>
    /// <param name="rowsPerSecond">Rows a second that they run at; 0 where nothing was measured, and then they take no
    /// time.</param>
    /// <param name="ownSeconds">Seconds of its own run, alone.</param>
    /// <param name="beginSeconds">Seconds before the first of them can begin.</param>
    /// <param name="seenWaitSeconds">A wait that others were seen to have there.</param>
    public static FinishEstimate Predict(
        double rowsAhead,
        double rowsPerSecond,
        double ownSeconds,
        double beginSeconds = 0,
        double seenWaitSeconds = 0
    )
    {
        double ahead = rowsPerSecond > 0 ? rowsAhead / rowsPerSecond : 0;
        return new FinishEstimate(Math.Max(beginSeconds + ahead, seenWaitSeconds), ownSeconds);
    }

    /// <summary>
    /// The longest wait, in seconds, after which a request may still be answered within <paramref name="seconds"/>.
    /// </summary>
    public static double LongestWait(double seconds, double ownSeconds) =>
        Math.Max(0, seconds - ownSeconds) / (1 + WaitMargin);

    /// <summary>Whether it is answered within <paramref name="seconds"/>, the margin included.</summary>
    public bool IsWithin(double seconds) => (WaitSeconds * (1 + WaitMargin)) + OwnSeconds < seconds;
}
