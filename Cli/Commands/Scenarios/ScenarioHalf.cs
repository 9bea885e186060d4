using OrleansInference.Cli.Commands.Simulation;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Cli.Commands.Scenarios;

/// <summary>The measurements of one half of a live scenario.</summary>
/// <param name="Mode">The agent's mode.</param>
/// <param name="Requests">Requests.</param>
/// <param name="InTime">Those answered within their objective.</param>
/// <param name="Later">Share in time in its second half, when the agent has had time.</param>
/// <param name="P50Ms">Median of the answered.</param>
/// <param name="P99Ms">99th percentile of them.</param>
/// <param name="BySecond">Requests and those in time by the second they were due.</param>
/// <param name="Decisions">What the agent did.</param>
internal sealed record ScenarioHalf(
    string Mode,
    int Requests,
    int InTime,
    double Later,
    double P50Ms,
    double P99Ms,
    (int Requests, int InTime)[] BySecond,
    string[] Decisions
)
{
    /// <summary>Share in time.</summary>
    public double Attainment => Requests == 0 ? 1 : (double)InTime / Requests;

    /// <summary>Counts it.</summary>
    public static ScenarioHalf From(
        string mode,
        WorldSpec world,
        IEnumerable<(Arrival Arrival, double Seconds, InferenceError Error)> results,
        double seconds,
        string[] decisions
    )
    {
        (int Requests, int InTime)[] bySecond = new (int, int)[(int)Math.Ceiling(seconds)];
        List<double> answered = [];
        foreach ((Arrival arrival, double took, InferenceError error) in results)
        {
            int second = Math.Clamp((int)(arrival.At / TimeSpan.TicksPerSecond), 0, bySecond.Length - 1);
            bySecond[second].Requests++;
            if (error != InferenceError.None)
            {
                continue;
            }
            answered.Add(took);
            if (took <= world.Models[arrival.Model].SloSeconds)
            {
                bySecond[second].InTime++;
            }
        }

        double[] sorted = [.. answered.Order()];
        (int Requests, int InTime)[] later = bySecond[(bySecond.Length / 2)..];
        return new ScenarioHalf(
            mode,
            bySecond.Sum(each => each.Requests),
            bySecond.Sum(each => each.InTime),
            (double)later.Sum(each => each.InTime) / Math.Max(1, later.Sum(each => each.Requests)),
            AlignTraffic.Quantile(sorted, 0.5) * 1000,
            AlignTraffic.Quantile(sorted, 0.99) * 1000,
            bySecond,
            decisions
        );
    }
}
