using Microsoft.Extensions.Options;

namespace OrleansInference.Client.Registration;

/// <summary>What a client's options must be.</summary>
internal sealed class OptionsRules(string name, IEnumerable<IInferenceTransport> transports)
    : IValidateOptions<InferenceClientOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? asked, InferenceClientOptions options)
    {
        if (asked != name)
        {
            return ValidateOptionsResult.Skip;
        }
        return Problem(options) is { } problem
            ? ValidateOptionsResult.Fail($"Inference client{Named} {problem}.")
            : ValidateOptionsResult.Success;
    }

    private string Named => name.Length == 0 ? "" : $" '{name}'";

    private string? Problem(InferenceClientOptions options)
    {
        string transport = TransportOf(options);
        if (transport.Length == 0)
        {
            return options.Endpoint is { } address
                ? $"has the endpoint '{address}'; its scheme must be http, https, grpc or grpcs"
                : "has no endpoint: call UseHttp, UseGrpc or UseOrleans, or set "
                    + (
                        name.Length == 0
                            ? "OrleansInference:Client:Endpoint"
                            : $"OrleansInference:Clients:{name}:Endpoint"
                    )
                    + " or its connection string";
        }
        if (!transports.Any(known => known.Name == transport))
        {
            return $"has the transport '{transport}'; there are {string.Join(", ", transports.Select(known => known.Name))}"
                + ". Others come with UseGrpc of OrleansInference.Client.Grpc and UseOrleans of OrleansInference.Client.Orleans";
        }
        if (transport != "orleans" && options.Endpoint is not { IsAbsoluteUri: true })
        {
            return "has no endpoint, such as http://127.0.0.1:8080";
        }
        if (options.ApiKey is { } key && !key.All(letter => letter is > ' ' and <= '~'))
        {
            return "has an ApiKey with characters beyond visible ASCII";
        }
        if (options.ApiKey is { Length: > 0 } && options.TokenProvider is not null)
        {
            return "has both an ApiKey and a TokenProvider: give one";
        }
        return null;
    }

    /// <summary>The transport that is said, or that the endpoint's scheme stands for; empty for none.</summary>
    public static string TransportOf(InferenceClientOptions options) =>
        options.Transport.Length > 0
            ? options.Transport
            : options.Endpoint?.Scheme switch
            {
                "http" or "https" => "http",
                "grpc" or "grpcs" => "grpc",
                "orleans" => "orleans",
                _ => "",
            };
}
