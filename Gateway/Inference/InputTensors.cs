using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Inference;

/// <summary>Creates the tensors of a request from its JSON and its body.</summary>
internal static class InputTensors
{
    /// <summary>
    /// The tensors, in the JSON's order. Binary contents stay where they are: they share the body's buffer.
    /// </summary>
    /// <exception cref="InferenceException">An input lacks a member, or its contents do not fit it; none is held
    /// then.</exception>
    public static Tensor[] Create(List<InputHeader> headers, in RequestBody body, SharedMemoryRegions? regions)
    {
        long binary = 0;
        foreach (InputHeader header in headers)
        {
            binary += Math.Max(0, header.BinarySize);
        }
        if (binary != body.DataLength)
        {
            throw RequestJson.Invalid(
                $"the inputs' binary_data_size add up to {binary} bytes, {body.DataLength} bytes follow "
                    + $"the JSON header of {body.JsonLength} ({InferRequestJson.LengthHeader})"
            );
        }

        Tensor[] tensors = new Tensor[headers.Count];
        int offset = body.DataStart;
        try
        {
            for (int i = 0; i < tensors.Length; i++)
            {
                tensors[i] = CreateOne(headers[i], i, body, offset, regions);
                offset += Math.Max(0, headers[i].BinarySize);
            }
        }
        catch
        {
            foreach (Tensor? tensor in tensors)
            {
                tensor?.Dispose();
            }
            throw;
        }

        return tensors;
    }

    private static Tensor CreateOne(
        in InputHeader header,
        int index,
        in RequestBody body,
        int offset,
        SharedMemoryRegions? regions
    )
    {
        string name = header.Name ?? throw RequestJson.Invalid($"inputs[{index}] has no 'name'");
        if (header.Datatype == TensorDatatype.None)
        {
            throw RequestJson.Invalid($"input '{name}' has no 'datatype'; allowed: {TensorDatatypes.AllNames}");
        }
        long[] shape = header.Shape ?? throw RequestJson.Invalid($"input '{name}' has no 'shape'");
        long elements = InputShape.Count(name, header.Datatype, shape);
        if (header.Region is { } region)
        {
            return Shared(
                name,
                header,
                shape,
                new SharedMemoryRange(region, header.RegionOffset, header.RegionSize),
                regions
            );
        }
        if (header.BinarySize >= 0)
        {
            return Binary(name, header.Datatype, shape, body.Buffer, offset, header.BinarySize);
        }
        if (header.DataOffset < 0)
        {
            throw RequestJson.Invalid($"input '{name}' has neither 'data' nor the parameter 'binary_data_size'");
        }
        return TensorJsonReader.Read(
            name,
            header.Datatype,
            shape,
            elements,
            body.Json.Slice(header.DataOffset, header.DataLength)
        );
    }

    private static Tensor Shared(
        string name,
        in InputHeader header,
        long[] shape,
        SharedMemoryRange range,
        SharedMemoryRegions? regions
    )
    {
        if (regions is null)
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                "shared memory is not served here; send the tensor in the request"
            );
        }
        TensorBuffer contents = regions.Read(range);
        return new Tensor(name, header.Datatype, shape, contents.Memory, contents);
    }

    private static Tensor Binary(
        string name,
        TensorDatatype datatype,
        long[] shape,
        TensorBuffer buffer,
        int offset,
        int length
    )
    {
        int size = datatype.ElementSize();
        if (size < 2 || offset % size == 0)
        {
            return new Tensor(name, datatype, shape, buffer.Memory.Slice(offset, length), buffer.AddReference());
        }
        // Behind an odd-sized tensor numbers would not be aligned: a copy of their own.
        TensorBuffer aligned = TensorBuffer.Rent(length);
        buffer.Span.Slice(offset, length).CopyTo(aligned.Span);
        return new Tensor(name, datatype, shape, aligned.Memory, aligned);
    }
}
