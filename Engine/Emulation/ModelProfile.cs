namespace OrleansInference.Engine.Emulation;

/// <summary>What a device was measured, or is supposed, to take for one model. Immutable.</summary>
public sealed class ModelProfile
{
    private readonly (int Rows, double Ms)[] _points;

    /// <summary>Creates it.</summary>
    /// <param name="batchMs">Milliseconds of a run by rows; at least one entry, rows ≥ 1, times &gt; 0.</param>
    /// <param name="memoryMiB">MiB of one session, ≥ 0.</param>
    /// <param name="loadMs">Milliseconds that loading takes, ≥ 0.</param>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    public ModelProfile(IEnumerable<KeyValuePair<int, double>> batchMs, long memoryMiB, double loadMs)
    {
        _points = [.. batchMs.OrderBy(point => point.Key).Select(point => (point.Key, point.Value))];
        if (_points.Length == 0)
        {
            throw new ArgumentException("batch_ms has no entry; at least one is needed, such as \"1\": 5");
        }
        if (
            _points.FirstOrDefault(point => point.Rows < 1 || !(point.Ms > 0) || !double.IsFinite(point.Ms)) is
            { Ms: not 0 } wrong
        )
        {
            throw new ArgumentException(
                $"batch_ms says {wrong.Ms} ms for {wrong.Rows} rows; rows of at least 1 and times above 0 are allowed"
            );
        }
        if (memoryMiB < 0 || !(loadMs >= 0))
        {
            throw new ArgumentException("memory_mib and load_ms must be at least 0");
        }
        MemoryBytes = memoryMiB << 20;
        LoadTime = TimeSpan.FromMilliseconds(loadMs);
    }

    /// <summary>Bytes of one session.</summary>
    public long MemoryBytes { get; }

    /// <summary>What loading takes.</summary>
    public TimeSpan LoadTime { get; }

    /// <summary>
    /// The time of a run: on the line between the two entries around it, beyond the last one in its direction; with a
    /// single entry in proportion to the rows.
    /// </summary>
    public TimeSpan Run(int rows)
    {
        if (_points.Length == 1)
        {
            return TimeSpan.FromMilliseconds(_points[0].Ms * rows / _points[0].Rows);
        }
        int upper = Array.FindIndex(_points, point => point.Rows >= rows);
        if (upper == 0)
        {
            return TimeSpan.FromMilliseconds(_points[0].Ms);
        }
        if (upper < 0)
        {
            upper = _points.Length - 1;
        }
        ((int x0, double y0), (int x1, double y1)) = (_points[upper - 1], _points[upper]);
        return TimeSpan.FromMilliseconds(Math.Max(1e-3, y0 + ((y1 - y0) * (rows - x0) / (x1 - x0))));
    }
}
