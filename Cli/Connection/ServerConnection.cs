using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Cli.Commands;

namespace OrleansInference.Cli.Connection;

/// <summary>A connection to a server: inference by any transport, and the protocol's other calls over HTTP.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    // Profiles and searches of a node take minutes.
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(10);

    private readonly Uri _address;
    private readonly HttpClient _http;
    private readonly IHost? _host;
    private readonly ServiceProvider? _services;
    private readonly bool _hasKey;

    private ServerConnection(Uri address, bool hasKey, IHost? host, ServiceProvider? services)
    {
        _address = address;
        _host = host;
        _services = services;
        _hasKey = hasKey;
        IServiceProvider all = host?.Services ?? services!;
        // With the key and the certificates of inference.
        _http = all.GetRequiredService<IHttpClientFactory>().CreateClient("OrleansInference");
        _http.Timeout = LongestCall;
        Inference = all.GetRequiredService<IInferenceClient>();
    }

    /// <summary>Inference.</summary>
    public IInferenceClient Inference { get; }

    /// <summary>Connects; an Orleans gateway at once, others with the first call.</summary>
    /// <param name="settings">The address, key and certificates.</param>
    /// <param name="key">The key for HTTP and gRPC; empty for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CliException">The address is none, a certificate cannot be read, or nobody answers
    /// there.</exception>
    public static async Task<ServerConnection> OpenAsync(
        ServerSettings settings,
        string key,
        CancellationToken cancellationToken
    )
    {
        if (
            !Uri.TryCreate(settings.Url, UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("http" or "https" or "grpc" or "grpcs" or "orleans")
        )
        {
            throw new CliException(
                $"--url {settings.Url} is no address; expected http://HOST:PORT, https://HOST:PORT, grpc://HOST:PORT, "
                    + "grpcs://HOST:PORT or orleans://HOST:PORT",
                CliException.Usage
            );
        }
        foreach (string file in new[] { settings.Authority, settings.Certificate, settings.CertificateKey })
        {
            if (file.Length > 0 && !File.Exists(file))
            {
                throw new CliException($"there is no file '{file}'", CliException.Usage);
            }
        }

        try
        {
            if (address.Scheme == "orleans")
            {
                return await OpenOrleansAsync(address, cancellationToken);
            }
            // Without a host: a command reads no settings of the folder it runs in, and Ctrl+C stays its own.
            ServiceCollection services = new();
            IInferenceClientBuilder client = services.AddInferenceClient();
            _ = address.Scheme is "grpc" or "grpcs" ? client.UseGrpc(address) : client.UseHttp(address);
            client.Configure(options =>
            {
                options.ApiKey = key;
                options.AuthorityFile = settings.Authority;
                options.CertificateFile = settings.Certificate;
                options.CertificateKeyFile = settings.CertificateKey.Length > 0 ? settings.CertificateKey : null;
            });
            return new ServerConnection(address, key.Length > 0, host: null, services.BuildServiceProvider());
        }
        catch (Exception exception)
            when (exception is SocketException or Orleans.Runtime.OrleansException or TimeoutException)
        {
            throw Unreachable(address, exception);
        }
        catch (CryptographicException exception)
        {
            throw new CliException($"a certificate cannot be read: {exception.Message}", CliException.Usage);
        }
    }

    /// <summary>Calls the protocol over HTTP and returns the answer's JSON; null for an empty answer.</summary>
    /// <param name="method">GET or POST.</param>
    /// <param name="path">Such as <c>/v2/models/stats</c>.</param>
    /// <param name="body">JSON of a POST.</param>
    /// <param name="missing">What to say where the server does not know the path.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CliException">The server cannot be reached or refuses.</exception>
    public async Task<JsonDocument?> CallAsync(
        HttpMethod method,
        string path,
        string? body = null,
        string? missing = null,
        CancellationToken cancellationToken = default
    )
    {
        if (_address.Scheme is not ("http" or "https"))
        {
            throw new CliException(
                $"this command needs the server's HTTP address; give --url http://HOST:PORT in place of {_address}",
                CliException.Usage
            );
        }
        using HttpRequestMessage request = new(method, new Uri(_address, path));
        if (body is not null)
        {
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        }
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken);
            string text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return text.Length == 0 ? null : JsonDocument.Parse(text);
            }
            if (
                missing is not null
                && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed
            )
            {
                throw new CliException(missing ?? "");
            }
            string advice = ClientKey.Advice(response.StatusCode, _hasKey) is { } what ? $"; {what}" : "";
            throw new CliException($"the server answered {(int)response.StatusCode}: {Error(text)}{advice}");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(_address, exception);
        }
        catch (JsonException exception)
        {
            throw new CliException($"{_address} is no KServe v2 server: {exception.Message}");
        }
    }

    /// <summary>The error for a server that does not answer.</summary>
    public static CliException Unreachable(Uri address, Exception cause) =>
        new(
            $"no server answers at {address} ({cause.Message}); start one with `dotnet run --project "
                + $"Silo`, or name another with --url"
        );

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }
        if (_host is null)
        {
            return;
        }
        await _host.StopAsync();
        _host.Dispose();
    }

    private static async Task<ServerConnection> OpenOrleansAsync(Uri address, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        // The client's log would mix with the command's output.
        builder.Logging.ClearProviders();
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(
            address.Host,
            AddressFamily.InterNetwork,
            cancellationToken
        );
        IPEndPoint gateway = new(addresses[0], address.Port < 0 ? 30000 : address.Port);
        builder.Services.AddInferenceClient().UseOrleans(gateway);
        IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new ServerConnection(address, hasKey: false, host, services: null);
    }

    private static string Error(string body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("error").GetString() ?? body;
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return body;
        }
    }
}
