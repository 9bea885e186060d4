using System.Net;
using Grpc.Net.Client;

namespace OrleansInference.Load.Grpc;

/// <summary>Channels of one HTTP/2 connection each.</summary>
internal static class InferChannel
{
    private const int LargestMessage = 256 << 20;

    /// <summary>After this a call has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static GrpcChannel Open(IPEndPoint server) =>
        GrpcChannel.ForAddress(
            $"http://{server}",
            new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler
                {
                    UseProxy = false,
                    UseCookies = false,
                    AllowAutoRedirect = false,
                    ActivityHeadersPropagator = null,
                },
                DisposeHttpClient = true,
                MaxReceiveMessageSize = LargestMessage,
                MaxSendMessageSize = LargestMessage,
                // Its bookkeeping would be done for every call.
                MaxRetryAttempts = null,
                MaxRetryBufferSize = null,
                MaxRetryBufferPerCallSize = null,
            }
        );

    /// <summary>The deadline of a call made now.</summary>
    public static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
}
