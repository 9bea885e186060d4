using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Inference;

/// <summary>Selects the compression of an answer by the <c>Accept-Encoding</c> header.</summary>
internal static class AcceptedEncoding
{
    /// <summary>
    /// <c>gzip</c>, else <c>deflate</c>, else null for an answer as it is. A quality of 0 refuses one.
    /// </summary>
    public static string? Select(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding is not { Count: > 0 } accepted)
        {
            return null;
        }
        bool gzip = false;
        bool deflate = false;
        ReadOnlySpan<char> text = accepted.ToString();
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> one = text[part];
            int end = one.IndexOf(';');
            ReadOnlySpan<char> name = (end < 0 ? one : one[..end]).Trim();
            if (end >= 0 && IsZero(one[(end + 1)..]))
            {
                continue;
            }
            gzip |= name.Equals("gzip", StringComparison.OrdinalIgnoreCase);
            deflate |= name.Equals("deflate", StringComparison.OrdinalIgnoreCase);
        }

        return gzip ? "gzip"
            : deflate ? "deflate"
            : null;
    }

    private static bool IsZero(ReadOnlySpan<char> quality)
    {
        quality = quality.Trim();
        return quality.StartsWith("q=0", StringComparison.OrdinalIgnoreCase) && quality[3..].Trim("0.").IsEmpty;
    }
}
