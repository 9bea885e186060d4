namespace OrleansInference.Gateway.Http;

/// <summary>One element of <c>outputs</c>: its name, and whether it comes back in binary where the request says.</summary>
internal readonly record struct RequestedOutput(string Name, bool? Binary);
