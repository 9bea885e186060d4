using System.ComponentModel;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary>What every command takes.</summary>
internal class ServerSettings : CommandSettings
{
    [CommandOption("--url <URL>")]
    [Description(
        "The server: http://HOST:PORT, grpc://HOST:PORT, or orleans://HOST:PORT for an Orleans "
            + "gateway. Default: http://127.0.0.1:8080"
    )]
    [DefaultValue("http://127.0.0.1:8080")]
    public string Url { get; init; } = "http://127.0.0.1:8080";

    [CommandOption("--api-key <KEY>")]
    [Description(
        "The key of a server that asks for one. Default: the environment variable OINF_API_KEY, "
            + "which other users cannot read"
    )]
    public string ApiKey { get; init; } = "";

    [CommandOption("--api-key-file <FILE>")]
    [Description("A file that begins with the key, in place of --api-key")]
    public string ApiKeyFile { get; init; } = "";

    [CommandOption("--json")]
    [Description("Print one JSON value and nothing else")]
    public bool Json { get; init; }
}
