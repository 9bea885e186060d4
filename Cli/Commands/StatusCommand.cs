using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf status</c>.</summary>
internal sealed class StatusCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument about = (
            await server.CallAsync(HttpMethod.Get, "/v2", cancellationToken: cancellationToken)
        )!;
        bool ready = await IsReadyAsync(server, cancellationToken);
        using JsonDocument? statistics = await server.CallAsync(
            HttpMethod.Get,
            "/v2/models/stats",
            missing: "this server has no statistics (GET /v2/models/stats)",
            cancellationToken: cancellationToken
        );
        ModelLine[] models =
        [
            .. statistics!.RootElement.GetProperty("model_stats").EnumerateArray().Select(ModelLine.Read),
        ];
        if (settings.Json)
        {
            WriteJson(
                new
                {
                    server = about.RootElement,
                    ready,
                    models,
                }
            );
            return ready ? 0 : CliException.Failed;
        }

        WriteLine(
            $"{about.RootElement.GetProperty("name").GetString()} "
                + $"{about.RootElement.GetProperty("version").GetString()} at {settings.Url}: "
                + $"{(ready ? "ready" : "not ready")}"
        );
        Table table = new Table().AddColumns(
            "model",
            "version",
            "requests",
            "failed",
            "rows",
            "mean batch",
            "queue µs",
            "compute µs"
        );
        foreach (int column in Enumerable.Range(2, 6))
        {
            table.Columns[column].RightAligned();
        }
        foreach (ModelLine model in models)
        {
            table.AddRow(
                Markup.Escape(model.Name),
                model.Version,
                $"{model.Requests}",
                $"{model.Failed}",
                $"{model.Rows}",
                Number(model.MeanBatch),
                Number(model.MeanQueueUs),
                Number(model.MeanComputeUs)
            );
        }
        Console.Write(table);
        return ready ? 0 : CliException.Failed;
    }

    private static async Task<bool> IsReadyAsync(ServerConnection server, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument? _ = await server.CallAsync(
                HttpMethod.Get,
                "/v2/health/ready",
                cancellationToken: cancellationToken
            );
            return true;
        }
        catch (CliException)
        {
            return false;
        }
    }

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>One model version's statistics.</summary>
    internal sealed record ModelLine(string Name, string Version)
    {
        /// <summary>Requests answered.</summary>
        public required long Requests { get; init; }

        /// <summary>Requests that failed.</summary>
        public required long Failed { get; init; }

        /// <summary>Rows inferred.</summary>
        public required long Rows { get; init; }

        /// <summary>Runs of the model.</summary>
        public required long Executions { get; init; }

        /// <summary>Nanoseconds that the requests answered have waited, together.</summary>
        public required long QueueNs { get; init; }

        /// <summary>Nanoseconds that their inputs, runs and outputs took, together.</summary>
        public required long ComputeNs { get; init; }

        /// <summary>Rows a run.</summary>
        public double MeanBatch => Executions == 0 ? 0 : (double)Rows / Executions;

        /// <summary>Microseconds a request waited.</summary>
        public double MeanQueueUs => Requests == 0 ? 0 : QueueNs / 1e3 / Requests;

        /// <summary>Microseconds a request took to compute.</summary>
        public double MeanComputeUs => Requests == 0 ? 0 : ComputeNs / 1e3 / Requests;

        public static ModelLine Read(JsonElement model)
        {
            JsonElement statistics = model.GetProperty("inference_stats");
            return new ModelLine(model.GetProperty("name").GetString()!, model.GetProperty("version").GetString()!)
            {
                Requests = Of("success", "count"),
                Failed = Of("fail", "count"),
                Rows = model.GetProperty("inference_count").GetInt64(),
                Executions = model.GetProperty("execution_count").GetInt64(),
                QueueNs = Of("queue", "ns"),
                ComputeNs = Of("compute_input", "ns") + Of("compute_infer", "ns") + Of("compute_output", "ns"),
            };

            long Of(string part, string member)
            {
                bool found = statistics.TryGetProperty(part, out JsonElement duration);
                return found && duration.TryGetProperty(member, out JsonElement value) ? value.GetInt64() : 0;
            }
        }
    }
}
