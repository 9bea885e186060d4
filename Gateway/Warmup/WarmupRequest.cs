using System.Buffers;
using Google.Protobuf;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Warmup;

/// <summary>
/// One row of made-up inputs for a model, in each form in which the protocol takes it. Free dimensions are 1.
/// </summary>
internal sealed class WarmupRequest
{
    /// <summary>Larger inputs would take the warm-up's time without warming more code.</summary>
    private const int MaxInputBytes = 8 << 20;

    /// <summary>A <c>BYTES</c> element: the length, 1, and the text <c>0</c>.</summary>
    private static readonly byte[] s_text = [1, 0, 0, 0, (byte)'0'];

    private WarmupRequest(ModelMetadata model, Tensor[] inputs)
    {
        ModelName = model.Name;
        InputBytes = inputs.Sum(input => (long)input.ByteLength);
        InferenceRequest request = new() { ModelName = model.Name, Inputs = inputs };
        JsonBody = Json(request, binary: false);
        BinaryHeader = Json(request, binary: true);
        BinaryBody = [.. BinaryHeader, .. inputs.SelectMany(input => input.Data.ToArray())];
        Message = ToMessage(model, inputs);
    }

    /// <summary>The model.</summary>
    public string ModelName { get; }

    /// <summary>Bytes of all inputs.</summary>
    public long InputBytes { get; }

    /// <summary>The request as JSON alone.</summary>
    public byte[] JsonBody { get; }

    /// <summary>The JSON header of <see cref="BinaryBody"/>.</summary>
    public byte[] BinaryHeader { get; }

    /// <summary>The request with binary tensors; its outputs are asked for in binary too.</summary>
    public byte[] BinaryBody { get; }

    /// <summary>The request for gRPC.</summary>
    public ModelInferRequest Message { get; }

    /// <summary>Creates the request for a model; null where its inputs are too large.</summary>
    public static WarmupRequest? For(ModelMetadata model)
    {
        Tensor[] inputs = new Tensor[model.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            TensorMetadata input = model.Inputs[i];
            long[] shape = [.. input.Shape.Select(dimension => dimension < 0 ? 1 : dimension)];
            int elementSize = input.Datatype == TensorDatatype.Bytes ? s_text.Length : input.Datatype.ElementSize();
            if (!TensorShape.TryCount(shape, out long elements) || elements > MaxInputBytes / elementSize)
            {
                return null;
            }
            inputs[i] = new Tensor(
                input.Name,
                input.Datatype,
                shape,
                Contents(input.Datatype, elementSize, (int)elements)
            );
        }

        return new WarmupRequest(model, inputs);
    }

    private static byte[] Contents(TensorDatatype datatype, int elementSize, int elements)
    {
        if (datatype != TensorDatatype.Bytes)
        {
            return new byte[elements * elementSize];
        }
        return [.. Enumerable.Repeat(s_text, elements).SelectMany(text => text)];
    }

    private static byte[] Json(InferenceRequest request, bool binary)
    {
        ArrayBufferWriter<byte> buffer = new();
        InferRequestJson.Write(buffer, request, binary);
        return buffer.WrittenSpan.ToArray();
    }

    private static ModelInferRequest ToMessage(ModelMetadata model, Tensor[] inputs)
    {
        ModelInferRequest message = new() { ModelName = model.Name };
        foreach (Tensor input in inputs)
        {
            ModelInferRequest.Types.InferInputTensor described = new()
            {
                Name = input.Name,
                Datatype = input.Datatype.WireName(),
            };
            described.Shape.AddRange(input.Shape.ToArray());
            message.Inputs.Add(described);
            message.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(input.Data));
        }

        return message;
    }
}
