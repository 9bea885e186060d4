using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Load.Http;

/// <summary>
/// One keep-alive connection with blocking calls: an exchange is a send, usually one receive, and no allocation.
/// The server shares the cores with this process, so each microsecond here is taken from what is measured.
/// </summary>
internal sealed class HttpConnection(IPEndPoint server) : IDisposable
{
    private readonly byte[] buffer = new byte[64 << 10];
    private Socket? socket;
    private int position;
    private int filled;

    /// <summary>Where the body of the next answers is kept as well; null drops it.</summary>
    public MemoryStream? Body { get; set; }

    public void Connect()
    {
        socket?.Dispose();
        socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = 30_000,
            SendTimeout = 30_000,
        };
        socket.Connect(server);
    }

    /// <summary>Sends and reads the whole answer. After an exception the connection must be made anew.</summary>
    public ResponseHead Exchange(ReadOnlySpan<byte> request)
    {
        if (socket is null)
        {
            Connect();
        }
        while (!request.IsEmpty)
        {
            request = request[socket!.Send(request)..];
        }
        position = filled = 0;
        var head = ReadHead();
        if (head.Chunked)
        {
            DrainChunks();
        }
        else
        {
            Drain(head.ContentLength);
        }
        if (position != filled)
        {
            throw new IOException("The server sent more than one answer.");
        }
        if (head.Close)
        {
            Disconnect();
        }
        return head;
    }

    public void Disconnect()
    {
        socket?.Dispose();
        socket = null;
    }

    public void Dispose() => Disconnect();

    private ResponseHead ReadHead()
    {
        int end;
        while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            Receive();
        }
        position = end + 4;
        return ResponseHead.Parse(buffer.AsSpan(0, position));
    }

    private void Drain(long bytes)
    {
        while (bytes > 0)
        {
            if (position == filled)
            {
                position = filled = 0;
                Receive();
            }

            var taken = (int)Math.Min(bytes, filled - position);
            Body?.Write(buffer, position, taken);
            position += taken;
            bytes -= taken;
        }
    }

    private void DrainChunks()
    {
        long size;
        do
        {
            size = ReadChunkSize();
            Drain(size);
            SkipLine();
        } while (size > 0);
    }

    private long ReadChunkSize()
    {
        int end;
        while ((end = buffer.AsSpan(position, filled - position).IndexOf("\r\n"u8)) < 0)
        {
            Receive();
        }
        if (!Utf8Parser.TryParse(buffer.AsSpan(position, end), out long size, out _, 'x'))
        {
            throw new IOException("Not a chunk size.");
        }
        position += end + 2;
        return size;
    }

    private void SkipLine()
    {
        while (filled - position < 2)
        {
            Receive();
        }
        position += 2;
    }

    private void Receive()
    {
        if (filled == buffer.Length)
        {
            // Only a long run of chunks gets here: move what is unread to the front.
            buffer.AsSpan(position, filled - position).CopyTo(buffer);
            filled -= position;
            position = 0;
        }

        var received = filled < buffer.Length ? socket!.Receive(buffer.AsSpan(filled)) : 0;
        if (received == 0)
        {
            throw new IOException("The server closed the connection, or its head is too long.");
        }
        filled += received;
    }
}
