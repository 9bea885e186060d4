using System.Text.Json;
using System.Text.Json.Serialization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace OrleansInference.Training.Agents;

/// <summary>Learning curves as files.</summary>
internal static class TrainingCurve
{
    private const int Smoothed = 8;

    /// <summary>How they are written as JSON.</summary>
    public static JsonSerializerOptions Json { get; } =
        new()
        {
            WriteIndented = true,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        };

    /// <summary>Draws one.</summary>
    public static void Plot(IReadOnlyList<TrainingPoint> points, string path)
    {
        PlotModel plot = new() { Title = "Policy: attainment above the default's", Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "seconds of training" });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = "points" });
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomRight });
        LineSeries exploring = new() { Title = $"exploring, mean of {Smoothed} updates" };
        LineSeries served = new() { Title = "as served, validation tasks", MarkerType = MarkerType.Circle };
        for (int i = 0; i < points.Count; i++)
        {
            exploring.Points.Add(
                new DataPoint(
                    points[i].Seconds,
                    points
                        .Skip(Math.Max(0, i - Smoothed + 1))
                        .Take(Math.Min(Smoothed, i + 1))
                        .Average(point => point.Gain)
                )
            );
            if (!double.IsNaN(points[i].Validation))
            {
                served.Points.Add(new DataPoint(points[i].Seconds, points[i].Validation));
            }
        }

        plot.Series.Add(exploring);
        plot.Series.Add(served);
        File.WriteAllText(path, new SvgExporter { Width = 900, Height = 420 }.ExportToString(plot));
    }
}
