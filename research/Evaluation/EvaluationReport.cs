using System.Globalization;
using System.Text;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>Writes an evaluation down.</summary>
public static class EvaluationReport
{
    /// <summary>
    /// A table in Markdown: the agent against the best baseline of each cell, and everybody's figures.
    /// </summary>
    public static string Write(IReadOnlyList<CellReport> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        StringBuilder text = new();
        text.AppendLine(
            "| cell | planner + predictor | best baseline there | lead, points (95 %) | verdict "
                + "| best static in hindsight | agent ÷ it | best of each trace | no scheduler exceeds |"
        );
        text.AppendLine("|---|---|---|---|---|---|---|---|---|");
        foreach (CellReport cell in cells)
        {
            (double mean, double low, double high) = cell.Lead;
            string verdict =
                low > 0 ? "better"
                : high < 0 ? "**worse**"
                : "no measurable difference";
            text.AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {cell.Cell} | {cell.Agent.Average():P1} | {cell.BestBaseline.Attainment.Average():P1} "
                        + $"{cell.BestBaseline.Name} | {Points(mean)} ({Points(low)} to {Points(high)}) | {verdict} | "
                        + $"{cell.BestStatic.Attainment.Average():P1} ({cell.BestStatic.Setting}) | "
                        + $"{cell.OfBestStatic:F3} | {cell.BestOfEachTrace.Average():P1} | {cell.Bound.Average():P1} |"
                )
            );
        }

        text.AppendLine()
            .AppendLine("Share of requests in time, everybody, mean over the held-out traces:")
            .AppendLine();
        string[] names = [.. cells[0].Contestants.Select(contestant => contestant.Name)];
        text.AppendLine($"| | {string.Join(" | ", cells.Select(cell => cell.Cell))} |")
            .AppendLine($"|---|{string.Concat(Enumerable.Repeat("---|", cells.Count))}");
        foreach (string name in names)
        {
            text.AppendLine(Row(cells, name, (attainment, _) => attainment.Average()));
        }
        text.AppendLine().AppendLine("The same in the seconds before, while everybody adapts:").AppendLine();
        text.AppendLine($"| | {string.Join(" | ", cells.Select(cell => cell.Cell))} |")
            .AppendLine($"|---|{string.Concat(Enumerable.Repeat("---|", cells.Count))}");
        foreach (string name in names)
        {
            text.AppendLine(Row(cells, name, (_, whileAdapting) => whileAdapting));
        }
        int notBelow = cells.Count(cell => cell.Lead.High >= 0);
        CellReport worst = cells.MinBy(cell => cell.Lead.Mean)!;
        text.AppendLine()
            .AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Not below any baseline (interval): {notBelow} of {cells.Count} cells "
                        + $"({(double)notBelow / cells.Count:P0}). Worst cell: {worst.Cell}, {Points(worst.Lead.Mean)} points. "
                        + $"Least share of the best static setting in hindsight: {cells.Min(cell => cell.OfBestStatic):F3}."
                )
            );
        return text.ToString();
    }

    /// <summary>Points with their sign; what rounds to nothing is 0.0.</summary>
    internal static string Points(double points) =>
        Math.Round(points, 1) is var rounded && rounded == 0
            ? "0.0"
            : rounded.ToString("+0.0;−0.0", CultureInfo.InvariantCulture);

    private static string Row(IReadOnlyList<CellReport> cells, string name, Func<double[], double, double> share)
    {
        IEnumerable<string> shares = cells
            .Select(cell => cell.Contestants.First(contestant => contestant.Name == name))
            .Select(contestant => share(contestant.Attainment, contestant.WhileAdapting) * 100)
            .Select(percent => percent.ToString("F1", CultureInfo.InvariantCulture));
        return $"| {name} | {string.Join(" | ", shares)} |";
    }
}
