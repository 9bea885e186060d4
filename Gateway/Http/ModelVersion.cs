using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>The version in a request, over HTTP and gRPC.</summary>
internal static class ModelVersion
{
    /// <summary>Returns <paramref name="version"/>: decimal digits, or empty for the highest that is ready.</summary>
    /// <exception cref="InferenceException">It is no decimal number.</exception>
    public static string Require(string model, string version)
    {
        foreach (char digit in version)
        {
            if (!char.IsAsciiDigit(digit))
            {
                throw new InferenceException(
                    InferenceError.InvalidArgument,
                    $"version '{version}' of model '{model}' is no decimal number"
                );
            }
        }

        return version;
    }
}
