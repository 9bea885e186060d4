using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>Checks the shape that a request gives an input, over HTTP and gRPC alike.</summary>
internal static class InputShape
{
    /// <summary>The elements of a shape.</summary>
    /// <exception cref="InferenceException">A dimension is negative, or the product is more than can be
    /// counted.</exception>
    public static long Count(string name, TensorDatatype datatype, ReadOnlySpan<long> shape)
    {
        foreach (long dimension in shape)
        {
            // The first half is how Triton says it, which its clients look for.
            if (dimension < 0)
            {
                throw Invalid(
                    $"Unable to parse 'shape': attempt to access JSON non-unsigned-integer as "
                        + $"unsigned-integer: input '{name}' has shape {TensorShape.Format(shape)}; dimensions must "
                        + $"be 0 or more"
                );
            }
        }

        if (!TensorShape.TryCount(shape, out long elements))
        {
            throw Invalid(
                $"input '{name}' has shape {TensorShape.Format(shape)}, which causes total element count "
                    + $"to exceed maximum size of {long.MaxValue}"
            );
        }
        if (elements > long.MaxValue / Math.Max(1, datatype.ElementSize()))
        {
            throw Invalid(
                $"byte size overflow for input '{name}': shape {TensorShape.Format(shape)} of {datatype.WireName()}"
            );
        }
        return elements;
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
