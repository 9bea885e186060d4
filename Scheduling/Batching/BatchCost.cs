namespace OrleansInference.Scheduling.Batching;

/// <summary>
/// Time of one run as a line: seconds(rows) = base + perRow × rows. The only place where that line is evaluated. Both
/// are 0 when nothing has been measured.
/// </summary>
/// <param name="BaseSeconds">What a run costs whatever its size, ≥ 0.</param>
/// <param name="SecondsPerRow">What each row adds, ≥ 0.</param>
public readonly record struct BatchCost(double BaseSeconds, double SecondsPerRow)
{
    /// <summary>What a row is taken to add where nothing was measured: less than any row takes.</summary>
    private const double LeastSecondsPerRow = 1e-9;

    /// <summary>Less than this of what it is made of, and the points' rows do not differ enough for a slope.</summary>
    private const double LeastSpread = 1e-9;

    /// <summary>A time of 0 still has a finite weight.</summary>
    private const double LeastSquaredSeconds = 1e-18;

    /// <summary>Whether anything has been measured.</summary>
    public bool IsKnown => BaseSeconds + SecondsPerRow > 0;

    /// <summary>
    /// The line through measured runs, least squares of the relative errors: small sizes, which matter for latency,
    /// count as much as large ones. Neither part is negative.
    /// </summary>
    /// <param name="points">Rows, &gt; 0, and seconds, ≥ 0; at least one.</param>
    public static BatchCost Fit(ReadOnlySpan<(double Rows, double Seconds)> points)
    {
        ArgumentOutOfRangeException.ThrowIfZero(points.Length);
        double w = 0;
        double x = 0;
        double y = 0;
        double xx = 0;
        double xy = 0;
        foreach ((double rows, double seconds) in points)
        {
            double weight = 1 / Math.Max(LeastSquaredSeconds, seconds * seconds);
            w += weight;
            x += weight * rows;
            y += weight * seconds;
            xx += weight * rows * rows;
            xy += weight * rows * seconds;
        }

        double determinant = (w * xx) - (x * x);
        if (determinant <= LeastSpread * w * xx)
        {
            return new BatchCost(0, y / x);
        }
        double perRow = ((w * xy) - (x * y)) / determinant;
        double fixedPart = (y - (perRow * x)) / w;
        if (fixedPart < 0)
        {
            return new BatchCost(0, xy / xx);
        }
        return perRow < 0 ? new BatchCost(y / w, 0) : new BatchCost(fixedPart, perRow);
    }

    /// <summary>The mean of both parts.</summary>
    /// <param name="costs">At least one.</param>
    public static BatchCost Mean(IReadOnlyCollection<BatchCost> costs) =>
        new(costs.Average(cost => cost.BaseSeconds), costs.Average(cost => cost.SecondsPerRow));

    /// <summary>Seconds of a run of <paramref name="rows"/> rows, ≥ 0; a mean of several runs need not be whole.</summary>
    public double Seconds(double rows) => BaseSeconds + (SecondsPerRow * rows);

    /// <summary>Seconds of several runs with so many rows in all.</summary>
    public double Seconds(long runs, long rows) => (runs * BaseSeconds) + (rows * SecondsPerRow);

    /// <summary>Seconds that a row costs in a run of <paramref name="rows"/> rows, &gt; 0.</summary>
    public double SecondsEach(double rows) => (BaseSeconds / rows) + SecondsPerRow;

    /// <summary>
    /// Rows whose run is predicted to end within <paramref name="seconds"/>; negative where not even an empty run
    /// would.
    /// </summary>
    public double RowsWithin(double seconds) => (seconds - BaseSeconds) / Math.Max(LeastSecondsPerRow, SecondsPerRow);

    /// <summary>The same where everything takes <paramref name="factor"/> times as long, ≥ 0.</summary>
    public BatchCost Times(double factor) => new(BaseSeconds * factor, SecondsPerRow * factor);
}
