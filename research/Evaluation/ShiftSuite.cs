using System.Globalization;
using System.Text;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>Judges the agent and the others where something changes half-way.</summary>
/// <param name="traces">Traces of each pair of cell and shift, ≥ 1.</param>
/// <param name="seconds">Simulated seconds of each.</param>
public sealed class ShiftSuite(int traces, double seconds)
{
    private const long Seed = 9000;

    /// <summary>Judges, and writes a table in Markdown.</summary>
    /// <param name="cells">Where.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="others">The others, each with one setting.</param>
    /// <param name="progress">Told what is done.</param>
    public string Judge(
        IReadOnlyList<Cell> cells,
        Func<SimulatedPolicy> agent,
        IReadOnlyList<(string Name, Func<SimulatedPolicy> Create)> others,
        Action<string>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(others);
        StringBuilder text = new();
        text.AppendLine("| shift | cell | planner + predictor | best of the others | lead, points (95 %) |")
            .AppendLine("|---|---|---|---|---|");
        foreach (Shift shift in Shift.All)
        {
            foreach (Cell cell in cells)
            {
                double[] mine = Run(shift, cell, agent);
                (string name, double[] theirs) = others
                    .Select(other => (other.Name, Run(shift, cell, other.Create)))
                    .MaxBy(entry => entry.Item2.Average());
                (double mean, double low, double high) = Bootstrap.Mean([
                    .. mine.Zip(theirs, (one, other) => (one - other) * 100),
                ]);
                text.AppendLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {shift.Name} | {cell.Name} | {mine.Average():P1} | {theirs.Average():P1} {name} | "
                            + $"{EvaluationReport.Points(mean)} ({EvaluationReport.Points(low)} to "
                            + $"{EvaluationReport.Points(high)}) |"
                    )
                );
                progress?.Invoke($"{shift.Name}: {cell.Name}");
            }
        }

        return text.ToString();
    }

    private double[] Run(Shift shift, Cell cell, Func<SimulatedPolicy> create) =>
        [.. Enumerable.Range(0, traces).Select(trace => shift.Run(cell, create(), Seed + trace, seconds))];
}
