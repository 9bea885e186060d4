using System.Net.Sockets;

namespace OrleansInference.Load.Http;

internal static class Exchange
{
    /// <summary>What a request is counted as whose connection failed.</summary>
    public const string ConnectionFailure = "connection";

    /// <summary>The answer's status, or −1 when the connection failed; the next exchange makes a new one.</summary>
    public static int Try(HttpConnection connection, byte[] request)
    {
        try
        {
            return connection.Exchange(request).Status;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            connection.Disconnect();
            // A server that refuses at once must not turn this thread into a spin.
            PreciseClock.WaitFor(TimeSpan.FromMilliseconds(5));
            return -1;
        }
    }
}
