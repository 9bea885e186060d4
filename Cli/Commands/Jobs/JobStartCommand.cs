using System.ComponentModel;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary><c>oinf jobs start</c>.</summary>
internal sealed class JobStartCommand(IAnsiConsole console, TextWriter output)
    : JobCommand<JobStartCommand.Settings>(console, output)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <inheritdoc />
    protected override bool ShouldWait(Settings settings) => settings.Wait;

    /// <inheritdoc />
    protected override Task<JsonDocument?> CallAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        object body = new
        {
            id = settings.Id,
            model = settings.Model,
            version = settings.ModelVersion,
            input = settings.Input,
            output = settings.Output,
            input_format = settings.InputFormat,
            output_format = settings.OutputFormat,
            columns = Columns(settings.Columns),
            outputs = settings.Outputs,
            rows_per_shard = settings.RowsPerShard,
            rows_per_request = settings.RowsPerRequest,
            max_parallel_shards = settings.Parallel,
        };
        return server.CallAsync(
            HttpMethod.Post,
            "/v2/jobs",
            JsonSerializer.Serialize(body, Options),
            cancellationToken: cancellationToken
        );
    }

    private static Dictionary<string, string> Columns(string[] arguments)
    {
        Dictionary<string, string> columns = [];
        foreach (string argument in arguments)
        {
            int equals = argument.LastIndexOf('=');
            if (equals < 0 || equals == argument.Length - 1)
            {
                throw new CliException($"--column {argument} is no COLUMN=INPUT", CliException.Usage);
            }
            columns[argument[..equals]] = argument[(equals + 1)..];
        }

        return columns;
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ModelSettings
    {
        [CommandArgument(1, "<INPUT>")]
        [Description("The file to read, by its path in the server's folder for jobs")]
        public string Input { get; init; } = "";

        [CommandArgument(2, "<OUTPUT>")]
        [Description("The file to write, by its path in the server's folder for jobs")]
        public string Output { get; init; } = "";

        [CommandOption("--id <ID>")]
        [Description("The job's id; without it the same job has the same id")]
        public string? Id { get; init; }

        [CommandOption("--model-version <N>")]
        [Description("The version; the highest without it")]
        public string? ModelVersion { get; init; }

        [CommandOption("--input-format <FORMAT>")]
        [Description("npy, csv, jsonl or parquet; by the extension without it")]
        public string? InputFormat { get; init; }

        [CommandOption("--output-format <FORMAT>")]
        [Description("npy, csv, jsonl or parquet; by the extension without it")]
        public string? OutputFormat { get; init; }

        [CommandOption("--column <COLUMN=INPUT>")]
        [Description("A column and the model's input that it feeds; repeatable")]
        public string[] Columns { get; init; } = [];

        [CommandOption("--output <NAME>")]
        [Description("An output of the model to write; repeatable, all without it")]
        public string[] Outputs { get; init; } = [];

        [CommandOption("--rows-per-shard <N>")]
        [Description("Rows of a shard (default: 10000)")]
        public int? RowsPerShard { get; init; }

        [CommandOption("--rows-per-request <N>")]
        [Description("Rows of an inference request (default: 64)")]
        public int? RowsPerRequest { get; init; }

        [CommandOption("--parallel <N>")]
        [Description("Most shards at once (default: 4)")]
        public int? Parallel { get; init; }

        [CommandOption("--wait")]
        [Description("Show its progress until it has ended")]
        public bool Wait { get; init; }
    }
}
