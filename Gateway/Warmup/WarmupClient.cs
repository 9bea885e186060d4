using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Warmup;

/// <summary>Sends the server's own requests through its ports, as a client would.</summary>
internal sealed class WarmupClient : IDisposable
{
    private static readonly MediaTypeHeaderValue s_octets = new("application/octet-stream");
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly HttpClient _http;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _grpc;
    private readonly Metadata _headers;
    private readonly X509Certificate2? _certificate;

    /// <summary>A client of the server with these options.</summary>
    public WarmupClient(GatewayOptions gateway, string token)
    {
        _certificate =
            gateway.IsHttpTls || gateway.IsGrpcTls
                ? X509CertificateLoader.LoadCertificate(PemCertificates.LoadAll(gateway.CertificateFile)[0].RawData)
                : null;
        string address = Address(gateway.BindAddress);
        string http = gateway.IsHttpTls ? "https" : "http";
        string grpc = gateway.IsGrpcTls ? "https" : "http";
        _http = new HttpClient(Handler()) { BaseAddress = new Uri($"{http}://{address}:{gateway.HttpPort}") };
        _http.DefaultRequestHeaders.Add(WarmupToken.Header, token);
        _channel = GrpcChannel.ForAddress(
            $"{grpc}://{address}:{gateway.GrpcPort}",
            new GrpcChannelOptions { HttpHandler = Handler() }
        );
        _grpc = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        _headers = new Metadata { { WarmupToken.Header, token } };
    }

    /// <summary>Sends the request as JSON. Returns whether it succeeded.</summary>
    public Task<bool> SendJsonAsync(WarmupRequest request, CancellationToken cancellationToken)
    {
        ByteArrayContent content = new(request.JsonBody);
        content.Headers.ContentType = s_json;
        return PostAsync(request.ModelName, content, cancellationToken);
    }

    /// <summary>Sends the request with binary tensors. Returns whether it succeeded.</summary>
    public Task<bool> SendBinaryAsync(WarmupRequest request, CancellationToken cancellationToken)
    {
        ByteArrayContent content = new(request.BinaryBody);
        content.Headers.ContentType = s_octets;
        string length = request.BinaryHeader.Length.ToString(CultureInfo.InvariantCulture);
        content.Headers.Add(InferRequestJson.LengthHeader, length);
        return PostAsync(request.ModelName, content, cancellationToken);
    }

    /// <summary>Sends the request over gRPC. Returns whether it succeeded.</summary>
    public async Task<bool> SendGrpcAsync(WarmupRequest request, CancellationToken cancellationToken)
    {
        try
        {
            _ = await _grpc.ModelInferAsync(request.Message, _headers, cancellationToken: cancellationToken);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _http.Dispose();
        _channel.Dispose();
        _certificate?.Dispose();
    }

    /// <summary>An address by which this machine reaches what listens on <paramref name="bound"/>.</summary>
    private static string Address(string bound)
    {
        IPAddress address = IPAddress.Parse(bound);
        if (address.Equals(IPAddress.Any))
        {
            address = IPAddress.Loopback;
        }
        if (address.Equals(IPAddress.IPv6Any))
        {
            address = IPAddress.IPv6Loopback;
        }
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? $"[{address}]"
            : address.ToString();
    }

    private async Task<bool> PostAsync(string model, HttpContent content, CancellationToken cancellationToken)
    {
        using (content)
        {
            Uri path = new($"/v2/models/{Uri.EscapeDataString(model)}/infer", UriKind.Relative);
            using HttpResponseMessage response = await _http.PostAsync(path, content, cancellationToken);
            _ = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode;
        }
    }

    /// <summary>A handler that asks no proxy and trusts the server's own certificate, whatever names it has.</summary>
    private SocketsHttpHandler Handler()
    {
        SocketsHttpHandler handler = new() { UseProxy = false, ActivityHeadersPropagator = null };
        if (_certificate is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = IsOwnCertificate;
        }
        return handler;
    }

    private bool IsOwnCertificate(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(_certificate!.RawData);
}
