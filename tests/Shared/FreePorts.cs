using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Tests.Shared;

/// <summary>
/// Ports that nobody listens on, below those that the system gives to clients: between being found and being listened on,
/// such a port could be taken by any connection of a test beside this one. Each process begins in a place of its own, and
/// leaves the ports behind each one to whoever counts on from it.
/// </summary>
internal static class FreePorts
{
    private const int First = 22_000;
    private const int Count = 8_800;

    private const int Stride = 11;

    private static int _next = Environment.ProcessId * 97 % (Count / Stride);

    public static int[] Take(int count)
    {
        List<int> free = [];
        while (free.Count < count)
        {
            int port = First + (Interlocked.Increment(ref _next) % (Count / Stride) * Stride);
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                free.Add(port);
            }
            catch (SocketException)
            {
                // Somebody has it: the next one.
            }
        }

        return [.. free];
    }
}
