using Microsoft.AspNetCore.Routing;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>Model and version of a path.</summary>
internal static class ModelRoute
{
    /// <summary>The model's name and its version, empty where the path has none.</summary>
    /// <exception cref="InferenceException">The version is no number.</exception>
    public static (string Model, string Version) Of(RouteValueDictionary route)
    {
        string model = (string)route["model"]!;
        if (route["version"] is not string version) return (model, "");
        foreach (char digit in version)
        {
            if (!char.IsAsciiDigit(digit)) throw new InferenceException(InferenceError.InvalidArgument, $"version '{version}' of model '{model}' is no decimal number");
        }

        return (model, version);
    }
}
