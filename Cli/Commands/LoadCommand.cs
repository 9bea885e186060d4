using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf load</c> and <c>oinf unload</c>.</summary>
internal class LoadCommand(IAnsiConsole console, TextWriter output) : ServerCommand<ModelSettings>(console, output)
{
    /// <summary>The last part of the call's path.</summary>
    protected virtual string Action => "load";

    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ModelSettings settings,
        CancellationToken cancellationToken
    )
    {
        using var answer = await server.CallAsync(
            HttpMethod.Post,
            $"/v2/repository/models/{Uri.EscapeDataString(settings.Model)}/{Action}",
            "{}",
            cancellationToken: cancellationToken
        );
        if (settings.Json)
        {
            WriteJson(new { model = settings.Model, done = Action });
        }
        else
        {
            WriteLine($"{settings.Model}: {Action}ed");
        }
        return 0;
    }
}
