using System.Buffers.Text;
using System.Text;

namespace OrleansInference.Load.Http;

/// <summary>The few things a load generator needs from the head of an answer.</summary>
internal readonly record struct ResponseHead(int Status, long ContentLength, bool Chunked, bool Close, int JsonLength)
{
    /// <summary>Parses a head that ends in the empty line's CRLF.</summary>
    public static ResponseHead Parse(ReadOnlySpan<byte> head)
    {
        // "HTTP/1.1 200 ..."
        if (head.Length < 12 || !Utf8Parser.TryParse(head.Slice(9, 3), out int status, out _))
        {
            throw new IOException("Not an HTTP/1.1 answer.");
        }
        var length = 0L;
        var json = -1;
        var chunked = false;
        var close = false;
        var rest = head[(head.IndexOf((byte)'\n') + 1)..];
        while (rest.Length > 2)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = rest[..(end - 1)];
            rest = rest[(end + 1)..];
            var colon = line.IndexOf((byte)':');
            if (colon < 0)
            {
                continue;
            }
            var name = line[..colon];
            var value = line[(colon + 1)..].TrimStart((byte)' ');
            if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            {
                _ = Utf8Parser.TryParse(value, out length, out _);
            }
            else if (Ascii.EqualsIgnoreCase(name, "inference-header-content-length"u8))
            {
                _ = Utf8Parser.TryParse(value, out json, out _);
            }
            else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
            {
                chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
            }
            else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
            {
                close = Ascii.EqualsIgnoreCase(value, "close"u8);
            }
        }

        return new ResponseHead(status, length, chunked, close, json);
    }
}
