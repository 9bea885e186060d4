namespace OrleansInference.AspNetBaseline;

/// <summary>
/// Kestrel's settings for where to listen. gRPC needs a port of its own: without TLS nothing tells the protocol.
/// </summary>
internal static class ListeningEndPoints
{
    public static Dictionary<string, string?> Settings(string urls, string? grpcUrls)
    {
        var settings = new Dictionary<string, string?>();
        Add(settings, "Http", urls, "Http1");
        if (grpcUrls is not null)
        {
            Add(settings, "Grpc", grpcUrls, "Http2");
        }
        return settings;
    }

    private static void Add(Dictionary<string, string?> settings, string name, string urls, string protocols)
    {
        var all = urls.Split(';', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < all.Length; i++)
        {
            settings[$"Kestrel:Endpoints:{name}{i}:Url"] = all[i];
            settings[$"Kestrel:Endpoints:{name}{i}:Protocols"] = protocols;
        }
    }
}
