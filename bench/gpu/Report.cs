using System.Globalization;

namespace OrleansInference.GpuBench;

/// <summary>Prints, and counts what did not hold.</summary>
internal sealed class Report(TextWriter output)
{
    /// <summary>Checks that failed.</summary>
    public int Failed { get; private set; }

    /// <summary>Checks that held.</summary>
    public int Passed { get; private set; }

    /// <summary>Says whether something holds.</summary>
    public void Check(string what, bool holds, string detail)
    {
        if (holds)
        {
            Passed++;
        }
        else
        {
            Failed++;
        }
        output.WriteLine($"{(holds ? "PASS" : "FAIL")} {what}: {detail}");
    }

    /// <summary>A line.</summary>
    public void Line(string text) => output.WriteLine(text);

    /// <summary>A row of the table.</summary>
    public void Row(string model, int batch, int callers, LoopResult silo, LoopResult raw)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        string served = string.Create(invariant, $"{silo.CallsPerSecond * batch:F1} | {silo.P50:F2} | {silo.P99:F2}");
        string bare = string.Create(invariant, $"{raw.CallsPerSecond * batch:F1} | {raw.P50:F2} | {raw.P99:F2}");
        string ratios = string.Create(
            invariant,
            $"{silo.CallsPerSecond / raw.CallsPerSecond:F2} | {silo.P99 / raw.P99:F2}"
        );
        output.WriteLine($"| {model} | {batch} | {callers} | {served} | {bare} | {ratios} |");
    }
}
