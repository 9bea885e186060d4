using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// Reads a raw binary request: the body is the model's one input, of a shape that follows from its length.
/// </summary>
internal static class RawBinaryReader
{
    /// <summary>Reads it; all outputs come back in binary.</summary>
    /// <exception cref="InferenceException">The model takes more than one input, or its shape does not
    /// follow.</exception>
    public static ParsedInferRequest Read(in RequestBody body, ModelMetadata model)
    {
        if (model.Inputs is not [var input])
        {
            throw RequestJson.Invalid(
                $"Raw request must only have 1 input (found 1) to be deduced but got {model.Inputs.Length} "
                    + $"inputs in '{model.Name}' model configuration"
            );
        }
        bool batched = model.MaxBatchSize > 0;
        ParsedInferRequest request = new();
        request.Parameters.SetBoolean("binary_data_output", true);
        request.Inputs =
        [
            input.Datatype == TensorDatatype.Bytes ? Element(body, input, batched) : Numbers(body, input, batched),
        ];
        return request;
    }

    private static Tensor Element(in RequestBody body, TensorMetadata input, bool batched)
    {
        ReadOnlySpan<long> dimensions = input.Shape.AsSpan(batched ? 1 : 0);
        if (dimensions is not [1])
        {
            throw RequestJson.Invalid(
                $"For BYTE datatype raw input '{input.Name}', the model must have input shape [1], it has "
                    + $"{TensorShape.Format(dimensions)}"
            );
        }
        TensorBuffer buffer = TensorBuffer.Rent(BytesElements.PrefixSize + body.DataLength);
        BytesElements.Write(buffer.Span, body.Buffer.Span.Slice(body.DataStart, body.DataLength));
        return new Tensor(input.Name, TensorDatatype.Bytes, batched ? [1, 1] : [1], buffer.Memory, buffer);
    }

    private static Tensor Numbers(in RequestBody body, TensorMetadata input, bool batched)
    {
        long[] shape = [.. input.Shape];
        if (batched)
        {
            shape[0] = 1;
        }
        int free = Array.IndexOf(shape, -1);
        if (free >= 0 && Array.LastIndexOf(shape, -1) != free)
        {
            throw RequestJson.Invalid(
                $"The shape of the raw input '{input.Name}' can not be deduced because there are more "
                    + $"than one variable-sized dimension"
            );
        }
        long rest =
            shape.Where(dimension => dimension >= 0).Aggregate(1L, (product, dimension) => product * dimension)
            * input.Datatype.ElementSize();
        if (free >= 0 && rest > 0 && body.DataLength % rest == 0)
        {
            shape[free] = body.DataLength / rest;
        }
        else if (free >= 0 || body.DataLength != rest)
        {
            throw RequestJson.Invalid(
                $"the raw input '{input.Name}' has {body.DataLength} bytes, which do not fit shape "
                    + $"{TensorShape.Format(input.Shape)} of {input.Datatype.WireName()}"
            );
        }
        return new Tensor(
            input.Name,
            input.Datatype,
            shape,
            body.Buffer.Memory.Slice(body.DataStart, body.DataLength),
            body.Buffer.AddReference()
        );
    }
}
