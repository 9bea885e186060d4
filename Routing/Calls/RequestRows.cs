using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Routing.Calls;

/// <summary>Rows and bytes of a request.</summary>
public static class RequestRows
{
    /// <summary>The first dimension that all inputs share, or 1.</summary>
    public static int Count(InferenceCall request)
    {
        long rows = 0;
        foreach (Tensor input in request.Inputs)
        {
            if (input.Shape.Length == 0 || (rows != 0 && input.Shape[0] != rows))
            {
                return 1;
            }
            rows = input.Shape[0];
        }

        return rows is > 0 and <= int.MaxValue ? (int)rows : 1;
    }

    /// <summary>Bytes of the inputs.</summary>
    public static long Bytes(InferenceCall request)
    {
        long bytes = 0;
        foreach (Tensor input in request.Inputs)
        {
            bytes += input.ByteLength;
        }
        return bytes;
    }

    /// <summary>The request with references of its own on the same inputs.</summary>
    public static InferenceCall Copy(InferenceCall request) =>
        request with
        {
            Inputs = Array.ConvertAll(request.Inputs, input => input.WithName(input.Name)),
        };

    /// <summary>
    /// The request for rows <c>[start, start + rows)</c> of <paramref name="total"/>, with references of its own.
    /// </summary>
    public static InferenceCall Slice(InferenceCall request, int start, int rows, int total) =>
        request with
        {
            Inputs = Array.ConvertAll(request.Inputs, input => Slice(input, start, rows, total)),
            // Other parts are sent beside it.
            MayRunOnCaller = false,
        };

    private static Tensor Slice(Tensor input, int start, int rows, int total)
    {
        long[] shape = input.Shape.ToArray();
        shape[0] = rows;
        if (input.Datatype != TensorDatatype.Bytes)
        {
            int rowBytes = input.ByteLength / total;
            return input.Slice(shape, start * rowBytes, rows * rowBytes);
        }

        TensorShape.TryCount(input.Shape, out long elements);
        long perRow = elements / total;
        ReadOnlySpan<byte> contents = input.Data.Span;
        int offset = BytesElements.Offset(contents, perRow * start);
        return input.Slice(shape, offset, BytesElements.Offset(contents[offset..], perRow * rows));
    }
}
