using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>HTTP/1.1 by hand, for what an HTTP client would never send.</summary>
internal sealed class RawConnection(TcpClient client) : IDisposable
{
    private readonly NetworkStream _stream = client.GetStream();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, Token);

    public async Task SendByteByByteAsync(byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            await _stream.WriteAsync(bytes.AsMemory(i, 1), Token);
        }
    }

    /// <summary>The client has said all; it still listens.</summary>
    public void EndSending() => client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Goes away without a word: the peer sees a reset.</summary>
    public void Reset()
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    /// <summary>Reads one response with a Content-Length.</summary>
    public async Task<(int Status, string Headers, byte[] Body)> ReceiveAsync()
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!EndsWithBlankLine(head))
        {
            if (await _stream.ReadAsync(one, Token) == 0)
            {
                throw new EndOfStreamException($"The connection ended after '{head}'.");
            }
            head.Append((char)one[0]);
        }

        string headers = head.ToString();
        int length = 0;
        foreach (string line in headers.Split("\r\n"))
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(line[15..], CultureInfo.InvariantCulture);
            }
        }

        byte[] body = new byte[length];
        await _stream.ReadExactlyAsync(body, Token);
        return (int.Parse(headers.AsSpan(9, 3), CultureInfo.InvariantCulture), headers, body);
    }

    /// <summary>Whether the server has closed the connection; waits for that or for more bytes.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return await _stream.ReadAsync(new byte[1], Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => client.Dispose();

    private static bool EndsWithBlankLine(StringBuilder head) =>
        head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r';
}
