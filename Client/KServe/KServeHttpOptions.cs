namespace OrleansInference.Client.KServe;

/// <summary>How a KServe v2 server is called over HTTP.</summary>
public sealed class KServeHttpOptions
{
    /// <summary>Where the server is, such as <c>http://127.0.0.1:8080</c>.</summary>
    public required Uri Address { get; set; }

    /// <summary>
    /// Whether tensors are sent in the binary tensor extension; false for a server that knows JSON only.
    /// </summary>
    public bool UseBinaryTensors { get; set; } = true;

    /// <summary>
    /// The API key or access token that each request carries, as <c>Authorization: Bearer KEY</c>; visible ASCII
    /// characters. None where it is null or empty.
    /// </summary>
    public string? ApiKey { get; set; }
}
