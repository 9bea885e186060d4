using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Bench;
using OrleansInference.Cli.Connection;
using OrleansInference.Cli.Inputs;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using Spectre.Console;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf bench</c>.</summary>
internal sealed class BenchCommand(IAnsiConsole console, TextWriter output, TimeProvider time)
    : ServerCommand<BenchSettings>(console, output)
{
    private const int OpenLoopConcurrency = 1024;

    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        BenchSettings settings,
        CancellationToken cancellationToken
    )
    {
        ModelMetadata model = await server.Inference.GetModelMetadataAsync(settings.Model, "", cancellationToken);
        Random random = new(settings.Seed);
        Tensor[] inputs =
            settings.Inputs.Length > 0
                ? [.. settings.Inputs.Select(argument => TensorArgument.Read(argument, model))]
                : [.. model.Inputs.Select(input => TensorArgument.Synthetic(input, settings.Batch, random))];
        IReadOnlyList<double>? arrivals = Arrivals(settings, random);
        BenchPlan plan = new(
            arrivals,
            settings.Concurrency ?? (arrivals is null ? 1 : OpenLoopConcurrency),
            settings.Duration,
            settings.Warmup
        );
        BenchRun run = new(plan, token => SendAsync(server, settings, inputs, token), time);
        await run.WarmUpAsync(cancellationToken);
        (long Rows, long Runs)? before = await CountsAsync(server, settings.Model, cancellationToken);
        BenchResult result = settings.Json
            ? await run.RunAsync(cancellationToken)
            : await WithProgressAsync(run, cancellationToken);
        (long Rows, long Runs)? after = await CountsAsync(server, settings.Model, cancellationToken);
        double? batch =
            before is { } first && after is { } last && last.Runs > first.Runs
                ? (double)(last.Rows - first.Rows) / (last.Runs - first.Runs)
                : null;
        if (settings.Json)
        {
            WriteJson(Json(settings, plan, result, batch));
        }
        else
        {
            Write(result, batch);
        }
        return result.Succeeded > 0 ? 0 : CliException.Failed;
    }

    private static IReadOnlyList<double>? Arrivals(BenchSettings settings, Random random)
    {
        if (settings.Trace is not null)
        {
            return
            [
                .. ArrivalSchedule.Recorded(
                    TraceFile.Read(settings.Trace, settings.Column),
                    settings.Speedup,
                    settings.Duration
                ),
            ];
        }
        if (settings.Rate is not { } rate)
        {
            return null;
        }
        return
        [
            .. settings.Arrivals == "constant"
                ? ArrivalSchedule.Constant(rate, settings.Duration)
                : ArrivalSchedule.Poisson(rate, settings.Duration, random),
        ];
    }

    private static async Task<InferenceError> SendAsync(
        ServerConnection server,
        BenchSettings settings,
        Tensor[] inputs,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using InferenceResult response = await server.Inference.InferAsync(
                new InferenceRequest
                {
                    ModelName = settings.Model,
                    Inputs = inputs,
                    Timeout = TimeSpan.FromMilliseconds(settings.TimeoutMs),
                },
                cancellationToken
            );
            return InferenceError.None;
        }
        catch (InferenceException exception)
        {
            return exception.Error;
        }
    }

    /// <summary>
    /// Reads rows and runs that the server counted, from its public statistics; null where it has none.
    /// </summary>
    private static async Task<(long Rows, long Runs)?> CountsAsync(
        ServerConnection server,
        string model,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using JsonDocument? json = await server.CallAsync(
                HttpMethod.Get,
                $"/v2/models/{Uri.EscapeDataString(model)}/stats",
                cancellationToken: cancellationToken
            );
            JsonElement[] versions = [.. json!.RootElement.GetProperty("model_stats").EnumerateArray()];
            return (
                versions.Sum(version => version.GetProperty("inference_count").GetInt64()),
                versions.Sum(version => version.GetProperty("execution_count").GetInt64())
            );
        }
        catch (Exception exception) when (exception is CliException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The progress bar goes to stderr: what is printed can be piped.</summary>
    private static async Task<BenchResult> WithProgressAsync(BenchRun run, CancellationToken cancellationToken)
    {
        IAnsiConsole error = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) }
        );
        return await error
            .Progress()
            .StartAsync(async progress =>
            {
                ProgressTask bar = progress.AddTask("loading");
                Task<BenchResult> running = run.RunAsync(cancellationToken);
                while (
                    await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken))
                    != running
                )
                {
                    bar.Value = 100 * Math.Min(1, run.Progress);
                }
                bar.Value = 100;
                return await running;
            });
    }

    private void Write(BenchResult result, double? batch)
    {
        string offered = result.OfferedRate is { } rate ? $", offered {Number(rate)}/s" : "";
        string together = batch is { } rows ? $", mean batch at the server {Number(rows)} rows" : "";
        string answered = $"{result.Succeeded} in {Number(result.Seconds)} s";
        WriteLine($"{Number(result.Rate)} requests/s ({answered}{offered}{together})");
        WriteLine(
            $"latency ms: p50 {Number(result.Percentile(50))}  p90 {Number(result.Percentile(90))}  "
                + $"p95 {Number(result.Percentile(95))}  p99 {Number(result.Percentile(99))}  p99.9 "
                + $"{Number(result.Percentile(99.9))}  max {Number(result.Percentile(100))}"
        );
        foreach ((InferenceError error, long count) in result.Errors)
        {
            WriteLine($"{count} failed: {error}");
        }
        if (result.Dropped > 0)
        {
            WriteLine($"{result.Dropped} arrivals were not sent: too many requests under way (--concurrency)");
        }
        WriteLine();
        foreach (string line in HistogramPlot.Lines(result.Latencies))
        {
            WriteLine(line);
        }
    }

    private static object Json(BenchSettings settings, BenchPlan plan, BenchResult result, double? batch) =>
        new
        {
            model = settings.Model,
            loop = plan.Arrivals is null ? "closed" : "open",
            concurrency = plan.Concurrency,
            seconds = result.Seconds,
            requests = result.Sent,
            succeeded = result.Succeeded,
            dropped = result.Dropped,
            errors = result.Errors.ToDictionary(
                error => JsonNamingPolicy.SnakeCaseLower.ConvertName(error.Key.ToString()),
                error => error.Value
            ),
            offered_rate = result.OfferedRate,
            rate = result.Rate,
            server_mean_batch = batch,
            latency_ms = new
            {
                p50 = result.Percentile(50),
                p90 = result.Percentile(90),
                p95 = result.Percentile(95),
                p99 = result.Percentile(99),
                p999 = result.Percentile(99.9),
                max = result.Percentile(100),
            },
        };

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
