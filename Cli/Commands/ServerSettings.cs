using System.ComponentModel;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary>What every command takes.</summary>
internal class ServerSettings : CommandSettings
{
    [CommandOption("--url <URL>")]
    [Description("The server: http://HOST:PORT, grpc://HOST:PORT, or orleans://HOST:PORT for an Orleans gateway. Default: http://127.0.0.1:8080")]
    [DefaultValue("http://127.0.0.1:8080")]
    public string Url { get; init; } = "http://127.0.0.1:8080";

    [CommandOption("--json")]
    [Description("Print one JSON value and nothing else")]
    public bool Json { get; init; }
}
