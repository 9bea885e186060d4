using System.Net;
using Grpc.Core;
using OrleansInference.Cli.Commands;

namespace OrleansInference.Cli.Connection;

/// <summary>
/// The key that a command sends, and advice where the server refuses it. No message ever has the key.
/// </summary>
internal static class ClientKey
{
    /// <summary>The environment variable with the key.</summary>
    public const string Variable = "OINF_API_KEY";

    /// <summary>The key; empty for none.</summary>
    /// <exception cref="CliException">Both options are given, the file cannot be read, or the key is none.</exception>
    public static string Read(ServerSettings settings)
    {
        if (settings.ApiKey.Length > 0 && settings.ApiKeyFile.Length > 0)
        {
            throw Invalid("give either --api-key or --api-key-file");
        }
        string key = settings.ApiKey;
        if (settings.ApiKeyFile.Length > 0)
        {
            key = FromFile(settings.ApiKeyFile);
        }
        else if (key.Length == 0)
        {
            key = Environment.GetEnvironmentVariable(Variable)?.Trim() ?? "";
        }
        if (key.All(letter => letter is > ' ' and <= '~'))
        {
            return key;
        }
        throw Invalid($"the key of --api-key or {Variable} must be visible ASCII characters without spaces");
    }

    /// <summary>Advice about a refusal; null where it was not about keys.</summary>
    /// <param name="failure">The refusal, or what it was wrapped in.</param>
    /// <param name="given">Whether a key was sent.</param>
    public static string? Advice(Exception? failure, bool given) =>
        failure switch
        {
            RpcException { StatusCode: StatusCode.Unauthenticated } => Unknown(given),
            RpcException { StatusCode: StatusCode.PermissionDenied } => Other(given),
            HttpRequestException { StatusCode: { } status } => Advice(status, given),
            _ => null,
        };

    /// <summary>The same by an HTTP status.</summary>
    public static string? Advice(HttpStatusCode status, bool given) =>
        status switch
        {
            HttpStatusCode.Unauthorized => Unknown(given),
            HttpStatusCode.Forbidden => Other(given),
            _ => null,
        };

    private static string Unknown(bool given) =>
        given
            ? $"the server does not know the key that was given by --api-key, --api-key-file or {Variable}"
            : $"the server asks for a key: give --api-key KEY, --api-key-file FILE or set {Variable}";

    private static string Other(bool given) =>
        given
            ? $"give a key with that role by --api-key, --api-key-file or {Variable}"
            : $"a key may be needed: --api-key KEY, --api-key-file FILE or {Variable}";

    private static string FromFile(string path)
    {
        try
        {
            string[] words = File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 0 ? words[0] : throw Invalid($"--api-key-file: '{path}' is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid($"--api-key-file: '{path}' cannot be read: {exception.Message}");
        }
    }

    private static CliException Invalid(string message) => new(message, CliException.Usage);
}
