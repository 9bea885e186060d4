using System.Text.Json;
using OrleansInference.Cli.Commands.Agent;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Cli.Commands.Tune;

/// <summary>Measures settings of one replica through the server.</summary>
internal sealed class LiveSearch(ServerConnection server, string node, string model, int cores, Action<string> say)
{
    /// <summary>One measurement.</summary>
    public async Task<KnobPoint> MeasureAsync(ReplicaKnobs knobs, CancellationToken cancellationToken)
    {
        using JsonDocument point = await AgentCalls.MeasureAsync(server, node, model, knobs, cancellationToken);
        return new KnobPoint(
            knobs,
            Value("rows_per_second"),
            Value("goodput_per_second"),
            Value("p50_ms"),
            Value("p99_ms"),
            Value("score")
        );

        double Value(string name) => AgentCalls.Figure(point, name);
    }

    /// <summary>Measures several settings in turn, several times, so that a disturbance meets all of them.</summary>
    public async Task<TunedSetting[]> CompareAsync(
        IReadOnlyList<(string Name, ReplicaKnobs Knobs)> settings,
        int repeats,
        CancellationToken cancellationToken
    )
    {
        List<(KnobPoint Point, double Cpu)>[] measured = [.. settings.Select(_ => new List<(KnobPoint, double)>())];
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            say($"comparing, round {repeat + 1} of {repeats}");
            for (int i = 0; i < settings.Count; i++)
            {
                KnobPoint point = await MeasureAsync(settings[i].Knobs, cancellationToken);
                double cpu = await CpuShareAsync(cancellationToken);
                measured[i]
                    .Add((point, point.RowsPerSecond <= 0 || cpu < 0 ? -1 : cpu * cores / point.RowsPerSecond * 1000));
            }
        }

        return
        [
            .. settings.Select(
                (setting, i) =>
                    new TunedSetting(
                        setting.Name,
                        setting.Knobs,
                        Median(measured[i], each => each.Point.RowsPerSecond),
                        Median(measured[i], each => each.Point.GoodputPerSecond),
                        Median(measured[i], each => each.Point.P50Ms),
                        Median(measured[i], each => each.Point.P99Ms),
                        Median(measured[i], each => each.Cpu),
                        Median(measured[i], each => each.Point.Score)
                    )
            ),
        ];
    }

    /// <summary>
    /// The node's CPU over the second that its last report covers, which the measurement was a part of.
    /// </summary>
    private async Task<double> CpuShareAsync(CancellationToken cancellationToken)
    {
        using JsonDocument state = (
            await server.CallAsync(HttpMethod.Get, "/v2/cluster", cancellationToken: cancellationToken)
        )!;
        return state
            .RootElement.GetProperty("nodes")
            .EnumerateArray()
            .Where(each => each.GetProperty("name").GetString() == node)
            .Select(each => each.GetProperty("cpu_share").GetDouble())
            .FirstOrDefault(-1);
    }

    private static double Median<T>(List<T> values, Func<T, double> value)
    {
        double[] sorted = [.. values.Select(value).Order()];
        return sorted[sorted.Length / 2];
    }
}
