using OrleansInference.Simulation.Cluster;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace OrleansInference.Cli.Commands.Simulation;

/// <summary>A simulation as a picture.</summary>
internal static class SimulationPlot
{
    /// <summary>Requests and those in time by second, as SVG.</summary>
    public static string Svg(SimulationResult result, string title)
    {
        PlotModel plot = new() { Title = title, Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "second" });
        plot.Axes.Add(
            new LinearAxis
            {
                Position = AxisPosition.Left,
                Title = "requests a second",
                Minimum = 0,
            }
        );
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.TopRight });
        LineSeries asked = new() { Title = "asked", Color = OxyColors.Gray };
        LineSeries inTime = new() { Title = "in time", Color = OxyColors.SeaGreen };
        for (int second = 0; second < result.BySecond.Count; second++)
        {
            asked.Points.Add(new DataPoint(second, result.BySecond[second].Requests));
            inTime.Points.Add(new DataPoint(second, result.BySecond[second].InTime));
        }

        plot.Series.Add(asked);
        plot.Series.Add(inTime);
        return new SvgExporter { Width = 900, Height = 400 }.ExportToString(plot);
    }
}
