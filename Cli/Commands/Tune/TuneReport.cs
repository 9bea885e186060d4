using System.Globalization;
using System.Text;

namespace OrleansInference.Cli.Commands.Tune;

/// <summary>The before-and-after report, in Markdown.</summary>
internal static class TuneReport
{
    /// <summary>Writes it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="node">Where.</param>
    /// <param name="sloMs">Its objective, milliseconds.</param>
    /// <param name="settings">One run without batching, the defaults, what was found; then what was found less each of
    /// its parts.</param>
    /// <param name="tried">Settings tried, of how many.</param>
    public static string Write(
        string model,
        string node,
        double sloMs,
        IReadOnlyList<TunedSetting> settings,
        (int Tried, int Size) tried
    )
    {
        TunedSetting plain = settings[0];
        TunedSetting defaults = settings[1];
        TunedSetting found = settings[2];
        StringBuilder text = new();
        text.AppendLine($"# Tuning {model} on {node}").AppendLine();
        text.AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Objective {sloMs:F1} ms; {tried.Tried} of {tried.Size} settings tried. Closed loop of "
                        + $"twice as many callers as fill all batches; medians."
                )
            )
            .AppendLine();
        text.AppendLine(
                "| setting | batch | threads | instances | variant | rows/s | in time/s | p50 ms | p99 "
                    + "ms | CPU ms a row |"
            )
            .AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (TunedSetting setting in settings)
        {
            text.AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {setting.Name} | {setting.Knobs.MaxRows} | {setting.Knobs.Threads} | "
                        + $"{setting.Knobs.Instances} | {setting.Knobs.Variant ?? "original"} | "
                        + $"{setting.RowsPerSecond:F0} | {setting.GoodputPerSecond:F0} | {setting.P50Ms:F2} | "
                        + $"{setting.P99Ms:F2} | "
                        + $"{(setting.CpuMsPerRow < 0 ? "" : setting.CpuMsPerRow.ToString("F3", CultureInfo.InvariantCulture))} "
                        + $"|"
                )
            );
        }
        text.AppendLine()
            .AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Found against one run at a time without batching: "
                        + $"{Ratio(found.RowsPerSecond, plain.RowsPerSecond)} × the rows a second, p99 "
                        + $"{found.P99Ms:F2} against {plain.P99Ms:F2} ms. Against the defaults: "
                        + $"{Ratio(found.GoodputPerSecond, defaults.GoodputPerSecond)} × those in time."
                )
            )
            .AppendLine();
        text.AppendLine("## What each parameter contributes")
            .AppendLine()
            .AppendLine("Rows in time a second of what was found, less one of its parts:")
            .AppendLine()
            .AppendLine("| without | in time/s | contribution | the source document claims |")
            .AppendLine("|---|---|---|---|");
        foreach (TunedSetting less in settings.Skip(3))
        {
            text.AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {less.Name} | {less.GoodputPerSecond:F0} | {Contribution(found, less)} | {Claim(less.Name)} |"
                )
            );
        }
        text.AppendLine()
            .AppendLine(
                "θ_A, load_balance and task_partition, acts between nodes; `oinf scenario` shows the "
                    + "agent off and on. The document claims 30 % better use of resources from it, and gives "
                    + "no measurement of any of its figures."
            );
        return text.ToString();
    }

    private static string Contribution(TunedSetting found, TunedSetting less)
    {
        if (less.GoodputPerSecond <= 0)
        {
            return "all";
        }
        double more = (found.GoodputPerSecond / less.GoodputPerSecond) - 1;
        return more.ToString("+0 %;−0 %", CultureInfo.InvariantCulture);
    }

    private static string Claim(string name) =>
        name.StartsWith("θ_M", StringComparison.Ordinal) ? "20 % less time and resources" : "50 % from all of θ_P";

    private static string Ratio(double one, double other) =>
        other <= 0 ? "∞" : (one / other).ToString("F2", CultureInfo.InvariantCulture);
}
