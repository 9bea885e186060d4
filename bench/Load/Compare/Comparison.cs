using OrleansInference.Load.Measurement;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

/// <summary>
/// Loads the two servers in turns. The order within a pair alternates, so that neither always runs second. Times are
/// seconds of a run and of its warm-up.
/// </summary>
internal sealed class Comparison(
    IInferProtocol protocol,
    ComparedServer ours,
    ComparedServer other,
    int runs,
    (double Measured, double Warmup) times
)
{
    private const double RawSeconds = 1;

    private static readonly RawSetting[] RawSettings = [new(1, 1, 2), new(32, 1, 2)];

    public async Task<ScenarioResult> MeasureAsync(
        Scenario scenario,
        ComparedModel model,
        CancellationToken cancellation
    )
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
                var server = oursNow ? ours : other;
                var idle = oursNow ? other : ours;
                side.Add(await LoadAsync(server, idle, model, result, cancellation));
            }

            await Console.Error.WriteLineAsync(
                $"{scenario} run {run + 1}/{runs}: ours {result.Ours[run].Throughput:F0}/s, {other.Name} "
                    + $"{result.Baseline[run].Throughput:F0}/s, errors {result.Errors}"
            );
        }

        return result;
    }

    private async Task<LoadResult> LoadAsync(
        ComparedServer server,
        ComparedServer idle,
        ComparedModel model,
        ScenarioResult result,
        CancellationToken cancellation
    )
    {
        var idleBefore = ProcessCpu.Seconds(idle.Id);
        var connections = result.Scenario.Connections;
        var measured = await protocol.LoadAsync(server, model, connections, times, cancellation);
        if (ProcessCpu.Seconds(idle.Id) - idleBefore is { } used)
        {
            result.IdleShares.Add(used / (times.Measured + times.Warmup));
        }
        return measured;
    }
}
