using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Load.Compare;

internal static class FreePorts
{
    /// <summary>Ports nobody listens on now, all different: they are held together before any is let go.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            return
            [
                .. listeners.Select(listener =>
                {
                    listener.Start();
                    return ((IPEndPoint)listener.LocalEndpoint).Port;
                }),
            ];
        }
        finally
        {
            Array.ForEach(listeners, listener => listener.Dispose());
        }
    }
}
