using Microsoft.AspNetCore.Routing;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>Reads model and version from a path.</summary>
internal static class ModelRoute
{
    /// <summary>
    /// The model's name, percent-decoded by the router, and its version, empty where the path has none.
    /// </summary>
    /// <exception cref="InferenceException">The version is no number.</exception>
    public static (string Model, string Version) Read(RouteValueDictionary route)
    {
        string model = (string)route["model"]!;
        return (model, route["version"] is string version ? ModelVersion.Require(model, version) : "");
    }
}
