using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf models</c>.</summary>
internal sealed class ModelsCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument index = (
            await server.CallAsync(
                HttpMethod.Post,
                "/v2/repository/index",
                "{}",
                "this server has no repository index (POST /v2/repository/index)",
                cancellationToken
            )
        )!;
        if (settings.Json)
        {
            WriteJson(index.RootElement);
            return 0;
        }

        Table table = new Table().AddColumns("model", "version", "state", "reason");
        foreach (JsonElement line in index.RootElement.EnumerateArray())
        {
            table.AddRow(
                Text(line, "name"),
                Text(line, "version"),
                Text(line, "state") is { Length: > 0 } state ? state : "not loaded",
                Text(line, "reason")
            );
        }
        Console.Write(table);
        return 0;
    }

    private static string Text(JsonElement line, string member) =>
        line.TryGetProperty(member, out JsonElement value) ? Markup.Escape(value.GetString() ?? "") : "";
}
