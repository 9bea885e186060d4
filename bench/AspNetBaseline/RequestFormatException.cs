namespace OrleansInference.AspNetBaseline;

/// <summary>The request breaks the protocol or the model's signature; answered with 400.</summary>
internal sealed class RequestFormatException(string message) : Exception(message);
