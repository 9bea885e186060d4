using System.Globalization;

namespace OrleansInference.Simulation.Workloads;

/// <summary>The cells of a trace's lines.</summary>
public static class TraceCells
{
    /// <summary>A line's cells, without spaces and quotes around them.</summary>
    public static string[] Split(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return [.. line.Split(',').Select(cell => cell.Trim().Trim('"'))];
    }

    /// <summary>A cell's time in ticks: seconds, or a date, which is UTC where it does not say.</summary>
    /// <returns>False where it is neither.</returns>
    public static bool TryTicks(string text, out long ticks)
    {
        ticks = 0;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds))
        {
            ticks = (long)Math.Round(Math.Clamp(seconds, -1e11, 1e11) * TimeSpan.TicksPerSecond);
            return double.IsFinite(seconds);
        }

        bool date = DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset moment
        );
        ticks = moment.UtcTicks;
        return date;
    }
}
