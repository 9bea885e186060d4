namespace OrleansInference.Scheduling.Batching;

/// <summary>
/// Measured time of one run: seconds(rows) = base + perRow × rows. Both are 0 when nothing has been measured.
/// </summary>
/// <param name="BaseSeconds">What a run costs whatever its size, ≥ 0.</param>
/// <param name="SecondsPerRow">What each row adds, ≥ 0.</param>
public readonly record struct BatchCost(double BaseSeconds, double SecondsPerRow)
{
    /// <summary>What a row is taken to add where nothing was measured: less than any row takes.</summary>
    private const double LeastSecondsPerRow = 1e-9;

    /// <summary>Whether anything has been measured.</summary>
    public bool IsKnown => BaseSeconds + SecondsPerRow > 0;

    /// <summary>Predicted seconds of a run of <paramref name="rows"/> rows.</summary>
    public double Seconds(int rows) => BaseSeconds + (SecondsPerRow * rows);

    /// <summary>
    /// Rows whose run is predicted to end within <paramref name="seconds"/>; negative where not even an empty run
    /// would.
    /// </summary>
    public double RowsWithin(double seconds) => (seconds - BaseSeconds) / Math.Max(LeastSecondsPerRow, SecondsPerRow);
}
