using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary><c>oinf pin</c>: fixes where a model runs and how its requests are divided.</summary>
internal sealed class PinCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<PinCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        string path = $"/v2/cluster/models/{Uri.EscapeDataString(settings.Model)}/{(settings.Undo ? "unpin" : "pin")}";
        using JsonDocument? _ = await server.CallAsync(
            HttpMethod.Post,
            path,
            settings.Undo ? "{}" : JsonSerializer.Serialize(Body(settings)),
            cancellationToken: cancellationToken
        );
        if (settings.Json)
        {
            WriteJson(new { model = settings.Model, done = settings.Undo ? "unpin" : "pin" });
        }
        else
        {
            WriteLine(
                settings.Undo ? $"{settings.Model} is the director's to place again" : $"{settings.Model} is pinned"
            );
        }
        return 0;
    }

    private static Dictionary<string, object> Body(Settings settings)
    {
        Dictionary<string, object> body = [];
        if (settings.Nodes.Length > 0)
        {
            body["nodes"] = settings.Nodes;
        }
        if (settings.Weights.Length > 0)
        {
            body["weights"] = settings
                .Weights.Select(Weight)
                .ToDictionary(weight => weight.Node, weight => weight.Value);
        }
        if (settings.MaxReplicas is { } most)
        {
            body["max_replicas"] = most;
        }
        if (settings.LoadBalance is { } balance)
        {
            body["load_balance"] = balance;
        }
        if (settings.TaskPartition is { } partition)
        {
            body["task_partition"] = partition;
        }
        if (settings.Mode is { } mode)
        {
            body["mode"] = mode;
        }
        return body;
    }

    private static (string Node, double Value) Weight(string text)
    {
        int equals = text.LastIndexOf('=');
        return
            equals > 0
            && double.TryParse(
                text.AsSpan(equals + 1),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out double value
            )
            ? (text[..equals], value)
            : throw new CliException($"--weight {text} is no weight; expected NODE=NUMBER", CliException.Usage);
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ModelSettings
    {
        [CommandOption("--node <NODE>")]
        [Description("A node that may have it; repeatable; without it, any")]
        public string[] Nodes { get; init; } = [];

        [CommandOption("--weight <NODE=NUMBER>")]
        [Description("A node's share of the requests, relative to the others'; repeatable")]
        public string[] Weights { get; init; } = [];

        [CommandOption("--max-replicas <N>")]
        [Description("Most replicas; 0 for as many as fit")]
        public int? MaxReplicas { get; init; }

        [CommandOption("--load-balance <NAME>")]
        [Description("least_expected_work, weighted, round_robin, least_outstanding or power_of_two")]
        public string? LoadBalance { get; init; }

        [CommandOption("--task-partition <BOOL>")]
        [Description("Whether requests of many rows are split over replicas: true or false")]
        public bool? TaskPartition { get; init; }

        [CommandOption("--mode <MODE>")]
        [Description("What the agent may do with it: act, advise, shadow or off")]
        public string? Mode { get; init; }

        [CommandOption("--undo")]
        [Description("Leave it to the director again")]
        public bool Undo { get; init; }
    }
}
