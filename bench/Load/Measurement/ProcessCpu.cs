using System.Globalization;

namespace OrleansInference.Load.Measurement;

/// <summary>CPU time of a whole process, all threads, user and system, from /proc: in steps of 10 ms.</summary>
internal static class ProcessCpu
{
    private const double ClockTicksPerSecond = 100;

    /// <summary>Seconds so far, or null where the process or /proc is not there.</summary>
    public static double? Seconds(int? process)
    {
        if (process is null)
        {
            return null;
        }
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");

            // The command, in parentheses, may hold spaces: count the fields from its end.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (
                    long.Parse(fields[11], CultureInfo.InvariantCulture)
                    + long.Parse(fields[12], CultureInfo.InvariantCulture)
                ) / ClockTicksPerSecond;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
