using System.ComponentModel;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Policies;

/// <summary><c>oinf policy promote</c>: puts a policy in force on all nodes.</summary>
internal sealed class PolicyPromoteCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<PolicyPromoteCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        if (!File.Exists(settings.File))
        {
            throw new CliException($"there is no file '{settings.File}'", CliException.Usage);
        }
        string body = JsonSerializer.Serialize(
            new
            {
                file = Convert.ToBase64String(await File.ReadAllBytesAsync(settings.File, cancellationToken)),
                report = settings.Report,
            }
        );
        using JsonDocument promoted = (
            await server.CallAsync(HttpMethod.Post, "/v2/agent/policies", body, cancellationToken: cancellationToken)
        )!;
        if (settings.Json)
        {
            WriteJson(promoted.RootElement);
        }
        else
        {
            WriteLine(
                $"policy {promoted.RootElement.GetProperty("number").GetInt64()} is in force; nodes take "
                    + $"it up within seconds (back: oinf policy rollback)"
            );
        }
        return 0;
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "<FILE.onnx>")]
        [Description("The policy, as Training agent writes it")]
        public string File { get; init; } = "";

        [CommandOption("--report <TEXT>")]
        [Description("What its evaluation gave")]
        [DefaultValue("promoted by hand")]
        public string Report { get; init; } = "promoted by hand";
    }
}
