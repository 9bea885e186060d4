using System.Globalization;
using System.Net;
using System.Text;
using OrleansInference.Load.Http;

namespace OrleansInference.Load.Limit;

/// <summary>An infer request turned into one for the baseline's echo, of the same body and with an answer as long.</summary>
internal static class EchoRequest
{
    /// <summary>Asks the server once, to learn how long its answer is.</summary>
    /// <exception cref="InvalidOperationException">The server does not answer the request.</exception>
    public static byte[] For(IPEndPoint server, byte[] request)
    {
        using var connection = new HttpConnection(server);
        var answer = connection.Exchange(request);
        if (answer.Status != 200)
        {
            throw new InvalidOperationException($"{server}: the server answered {answer.Status}.");
        }
        var echo = WithPath(
            request,
            string.Create(CultureInfo.InvariantCulture, $"/echo/{answer.JsonLength}/{answer.ContentLength}")
        );
        var head = connection.Exchange(echo);
        return head == answer
            ? echo
            : throw new InvalidOperationException($"{server}: the echo answered {head} in place of {answer}.");
    }

    private static byte[] WithPath(ReadOnlySpan<byte> request, string path)
    {
        var start = request.IndexOf((byte)' ') + 1;
        var length = request[start..].IndexOf((byte)' ');
        return [.. request[..start], .. Encoding.ASCII.GetBytes(path), .. request[(start + length)..]];
    }
}
