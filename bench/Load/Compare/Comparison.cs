using OrleansInference.Load.Http;
using OrleansInference.Load.Measurement;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

/// <summary>
/// Loads the two servers in turns. The order within a pair alternates, so that neither always runs second.
/// </summary>
internal sealed class Comparison(ServerProcess ours, ServerProcess baseline, int runs, double seconds, double warmup)
{
    private const double RawSeconds = 1;

    private static readonly RawSetting[] RawSettings = [new(1, 1, 2), new(32, 1, 2)];

    public ScenarioResult Measure(Scenario scenario, ComparedModel model, CancellationToken cancellation)
    {
        var result = new ScenarioResult(scenario);
        foreach (var setting in RawSettings)
        {
            if (setting.Batch == 1 || model.File.CanBatch)
            {
                result.Raw[setting] = RawReference.RowsPerSecond(model.File, setting, RawSeconds, cancellation);
            }
        }
        for (var run = 0; run < runs; run++)
        {
            for (var turn = 0; turn < 2; turn++)
            {
                var oursNow = (run + turn) % 2 == 1;
                var side = oursNow ? result.Ours : result.Baseline;
                side.Add(
                    Load(oursNow ? ours : baseline, oursNow ? baseline : ours, scenario, model, result, cancellation)
                );
            }

            Console.Error.WriteLine(
                $"{scenario} run {run + 1}/{runs}: ours {result.Ours[run].Throughput:F0}/s, baseline "
                    + $"{result.Baseline[run].Throughput:F0}/s, errors {result.Errors}"
            );
        }

        return result;
    }

    private LoadResult Load(
        ServerProcess server,
        ServerProcess idle,
        Scenario scenario,
        ComparedModel model,
        ScenarioResult result,
        CancellationToken cancellation
    )
    {
        var plan = new LoadPlan(server.EndPoint, model.Request, scenario.Connections, seconds, warmup)
        {
            ServerProcess = server.Id,
        };
        var idleBefore = ProcessCpu.Seconds(idle.Id);
        var measured = LoadRun.Execute(plan, cancellation);
        if (ProcessCpu.Seconds(idle.Id) - idleBefore is { } used)
        {
            result.IdleShares.Add(used / (seconds + warmup));
        }
        return measured;
    }
}
