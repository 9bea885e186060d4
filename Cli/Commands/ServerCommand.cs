using System.Text.Json;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Inference;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary>
/// A command that calls a server. It connects, runs, and turns failures into a line and an exit code.
/// </summary>
/// <param name="console">The console for people.</param>
/// <param name="output">The output for programs: JSON.</param>
internal abstract class ServerCommand<TSettings>(IAnsiConsole console, TextWriter output) : AsyncCommand<TSettings>
    where TSettings : ServerSettings
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The console for people.</summary>
    protected IAnsiConsole Console => console;

    /// <inheritdoc />
    public sealed override async Task<int> ExecuteAsync(
        CommandContext context,
        TSettings settings,
        CancellationToken cancellationToken
    )
    {
        string key = ClientKey.Read(settings);
        bool toOrleans = settings.Url.StartsWith("orleans:", StringComparison.OrdinalIgnoreCase);
        if (toOrleans && settings.ApiKey.Length + settings.ApiKeyFile.Length > 0)
        {
            throw new CliException(
                "an Orleans gateway takes no key; use http:// or grpc:// with --api-key",
                CliException.Usage
            );
        }
        if (toOrleans && settings.Authority.Length + settings.Certificate.Length > 0)
        {
            throw new CliException(
                "certificates are for HTTP and gRPC; use https:// or grpcs:// with --ca and --cert",
                CliException.Usage
            );
        }

        await using ServerConnection server = await ServerConnection.OpenAsync(settings, key, cancellationToken);
        try
        {
            return await RunAsync(server, settings, cancellationToken);
        }
        catch (InferenceException exception)
        {
            string advice = ClientKey.Advice(exception.InnerException, key.Length > 0) is { } what ? $"; {what}" : "";
            throw new CliException($"{exception.Error}: {exception.Message}{advice}");
        }
    }

    /// <summary>Does the work and returns the exit code.</summary>
    protected abstract Task<int> RunAsync(
        ServerConnection server,
        TSettings settings,
        CancellationToken cancellationToken
    );

    /// <summary>Prints a value as JSON.</summary>
    protected void WriteJson(object? value) => output.WriteLine(JsonSerializer.Serialize(value, Indented));

    /// <summary>Prints a line for people, as it is.</summary>
    protected void WriteLine(string text = "") => console.Profile.Out.Writer.WriteLine(text);
}
