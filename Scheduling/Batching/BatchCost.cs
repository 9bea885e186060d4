namespace OrleansInference.Scheduling.Batching;

/// <summary>Measured time of one run: seconds(rows) = base + perRow × rows. Both are 0 when nothing has been measured.</summary>
/// <param name="BaseSeconds">What a run costs whatever its size, ≥ 0.</param>
/// <param name="SecondsPerRow">What each row adds, ≥ 0.</param>
public readonly record struct BatchCost(double BaseSeconds, double SecondsPerRow)
{
    /// <summary>Whether anything has been measured.</summary>
    public bool IsKnown => BaseSeconds + SecondsPerRow > 0;

    /// <summary>Predicted seconds of a run of <paramref name="rows"/> rows.</summary>
    public double Seconds(int rows) => BaseSeconds + (SecondsPerRow * rows);
}
