using System.ComponentModel;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary>What every command takes.</summary>
internal class ServerSettings : CommandSettings
{
    [CommandOption("--url <URL>")]
    [Description(
        "The server: http(s)://HOST:PORT, grpc(s)://HOST:PORT, or orleans://HOST:PORT for an Orleans "
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

    [CommandOption("--ca <FILE>")]
    [Description("PEM file of the authority that the server's certificate comes from. Default: the system's")]
    public string Authority { get; init; } = "";

    [CommandOption("--cert <FILE>")]
    [Description("PEM file of the certificate to show a server that asks for one")]
    public string Certificate { get; init; } = "";

    [CommandOption("--cert-key <FILE>")]
    [Description("PEM file of that certificate's key. Default: the certificate's own file")]
    public string CertificateKey { get; init; } = "";

    [CommandOption("--json")]
    [Description("Print one JSON value and nothing else")]
    public bool Json { get; init; }
}
