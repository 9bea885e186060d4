using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Tests.Shared;

/// <summary>
/// Ports that nobody listens on, below those that the system gives to clients: between being found and being listened
/// on, such a port could be taken by any connection of a test beside this one. Each process has a block of ports to
/// itself, claimed by a locked file that the system unlocks when the process ends, and leaves the ports behind each one
/// to whoever counts on from it.
/// </summary>
internal static class FreePorts
{
    private const int First = 14_000;
    private const int Blocks = 16;
    private const int Slots = 100;
    private const int Stride = 11;

    private static readonly Lazy<(FileStream Claim, int First)> s_block = new(Claim);
    private static int _next = -1;

    public static int[] Take(int count)
    {
        List<int> free = [];
        while (free.Count < count)
        {
            int port = s_block.Value.First + (Interlocked.Increment(ref _next) % Slots * Stride);
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

    private static (FileStream Claim, int First) Claim()
    {
        string folder = Directory
            .CreateDirectory(Path.Combine(Path.GetTempPath(), "orleans-inference-test-ports"))
            .FullName;
        for (int block = 0; block < Blocks; block++)
        {
            try
            {
                return (
                    new FileStream(
                        Path.Combine(folder, $"{block}"),
                        FileMode.OpenOrCreate,
                        FileAccess.ReadWrite,
                        FileShare.None
                    ),
                    First + (block * Slots * Stride)
                );
            }
            catch (IOException)
            {
                // Another process has it.
            }
        }

        throw new InvalidOperationException($"all {Blocks} blocks of test ports are claimed (files in '{folder}')");
    }
}
