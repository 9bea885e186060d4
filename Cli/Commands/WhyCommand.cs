using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Commands.Agent;
using OrleansInference.Cli.Commands.Cluster;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf why</c>: explains why requests waited, and why a model or a node runs as it does.</summary>
internal sealed class WhyCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<WhyCommand.Settings>(console, output)
{
    private const int BarWidth = 40;

    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        string name = Uri.EscapeDataString(settings.Subject ?? "");
        JsonDocument found = await FindAsync(server, $"id={name}", settings.Limit, cancellationToken);
        if (name.Length > 0 && found.RootElement.GetProperty("requests").GetArrayLength() == 0)
        {
            found.Dispose();
            found = await FindAsync(server, $"model={name}", settings.Limit, cancellationToken);
        }

        using (found)
        {
            if (settings.Json)
            {
                WriteJson(found.RootElement);
                return 0;
            }

            JsonElement[] requests = [.. found.RootElement.GetProperty("requests").EnumerateArray()];
            if (requests.Length == 0)
            {
                WriteLine(
                    settings.Subject is null
                        ? "The server remembers no requests yet."
                        : $"The server remembers no request to model '{settings.Subject}', nor one of that id."
                );
            }
            foreach (JsonElement request in requests)
            {
                Write(request);
            }
        }

        if (settings.Subject is { Length: > 0 } subject)
        {
            await ExplainAsync(server, subject, cancellationToken);
        }
        return 0;
    }

    /// <summary>
    /// Prints the agent's view of a model or node and its decisions about it; nothing where the server has no agent.
    /// </summary>
    private async Task ExplainAsync(ServerConnection server, string subject, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument cluster = await ClusterCalls.StateAsync(server, cancellationToken);
            foreach (JsonElement node in cluster.RootElement.GetProperty("nodes").EnumerateArray())
            {
                string name = node.GetProperty("name").GetString()!;
                foreach (JsonElement replica in node.GetProperty("replicas").EnumerateArray())
                {
                    string model = replica.GetProperty("model").GetString()!;
                    if (
                        (name != subject && model != subject) || !replica.TryGetProperty("knobs", out JsonElement knobs)
                    )
                    {
                        continue;
                    }
                    string batch = knobs.GetProperty("max_rows").GetInt32() is var rows and > 0
                        ? $"batches of up to {rows}"
                        : "batches as long as they pay by the measured cost";
                    WriteLine(
                        $"{model} on {name}: {batch}, {knobs.GetProperty("threads")} threads, "
                            + $"{knobs.GetProperty("instances")} at once; "
                            + $"{Ms(replica.GetProperty("base_seconds").GetDouble() * 1e6)} a run and "
                            + $"{Ms(replica.GetProperty("seconds_per_row").GetDouble() * 1e6)} a row, objective "
                            + $"{replica.GetProperty("slo_ms").GetDouble().ToString("0.##", CultureInfo.InvariantCulture)} "
                            + $"ms"
                    );
                    if (replica.TryGetProperty("profile", out JsonElement profile))
                    {
                        WriteLine($"  {profile.GetProperty("reason").GetString()}");
                    }
                }
            }

            HashSet<string> told = [];
            foreach (string filter in new[] { "model", "node" })
            {
                using JsonDocument agent = await AgentCalls.StateAsync(
                    server,
                    $"?{filter}={Uri.EscapeDataString(subject)}&limit=3",
                    cancellationToken
                );
                foreach (
                    JsonElement decision in agent
                        .RootElement.GetProperty("decisions")
                        .EnumerateArray()
                        .Where(decision => told.Add(decision.GetProperty("id").ToString()))
                )
                {
                    foreach (string line in AgentCalls.Explain(decision))
                    {
                        WriteLine(line);
                    }
                }
            }
        }
        catch (CliException)
        {
            // A server of another kind: why requests waited is all that it can say.
        }
    }

    private static async Task<JsonDocument> FindAsync(
        ServerConnection server,
        string query,
        int limit,
        CancellationToken cancellationToken
    ) =>
        (
            await server.CallAsync(
                HttpMethod.Get,
                $"/v2/requests?{query}&limit={limit}",
                missing: "this server does not say why requests waited (GET /v2/requests)",
                cancellationToken: cancellationToken
            )
        )!;

    private void Write(JsonElement request)
    {
        double load = Us("load_us");
        double queue = Us("queue_us");
        double input = Us("compute_input_us");
        double infer = Us("compute_infer_us");
        double output = Us("compute_output_us");
        double total = Us("total_us");
        string id = request.GetProperty("id").GetString()!;
        WriteLine(
            $"{request.GetProperty("arrival").GetString()}  "
                + $"{request.GetProperty("model_name").GetString()}{(id.Length > 0 ? $" id {id}" : "")}  "
                + $"{request.GetProperty("outcome").GetString()}  {Ms(total)}"
        );
        WriteLine(
            $"  [{Bar('l', load)}{Bar('q', queue)}{Bar('i', input)}{Bar('r', infer)}{Bar('o', output)}] "
                + $" load {Ms(load)}, queue {Ms(queue)}, input {Ms(input)}, run {Ms(infer)} in a batch of "
                + $"{request.GetProperty("batch_size").GetInt32()}, output {Ms(output)}"
        );
        WriteLine($"  {request.GetProperty("reason").GetString()}");

        double Us(string member) => request.GetProperty(member).GetDouble();
        string Bar(char letter, double part) => new(letter, total <= 0 ? 0 : (int)Math.Round(BarWidth * part / total));
    }

    private static string Ms(double us) => (us / 1000).ToString("0.000", CultureInfo.InvariantCulture) + " ms";

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "[MODEL|NODE|REQUEST-ID]")]
        [Description("A request's id, a model or a node; without it, the slowest requests of all models")]
        public string? Subject { get; init; }

        [CommandOption("--limit <N>")]
        [Description("How many requests, the slowest first")]
        [DefaultValue(5)]
        public int Limit { get; init; } = 5;

        /// <inheritdoc />
        public override ValidationResult Validate() =>
            Limit is >= 1 and <= 1000
                ? ValidationResult.Success()
                : ValidationResult.Error($"--limit is {Limit}; a number from 1 to 1000 is allowed");
    }
}
