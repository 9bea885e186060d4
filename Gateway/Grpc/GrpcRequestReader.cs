using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using OrleansInference.Gateway.Mapping;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Grpc;

/// <summary>Turns a gRPC inference request into ours. Raw contents are shared, not copied.</summary>
internal static class GrpcRequestReader
{
    /// <summary>Reads a request; its deadline is the call's or the parameter's, whichever is nearer.</summary>
    /// <exception cref="InferenceException">The request is malformed; the message says where.</exception>
    public static InferenceRequest Read(ModelInferRequest message, ServerCallContext call, TimeProvider time)
    {
        RequestParameters parameters = default;
        foreach ((string name, InferParameter value) in message.Parameters) Set(ref parameters, name, value);
        if (call.Deadline != DateTime.MaxValue) parameters.LimitTimeout(call.Deadline - time.GetUtcNow().UtcDateTime);
        foreach (ModelInferRequest.Types.InferRequestedOutputTensor output in message.Outputs)
        {
            if (output.Parameters.ContainsKey("classification") || output.Parameters.ContainsKey("shared_memory_region"))
            {
                throw new InferenceException(InferenceError.Unsupported, $"the parameters of output '{output.Name}' (classification, shared memory) are not served here");
            }
        }

        return new InferenceRequest
        {
            ModelName = message.ModelName,
            ModelVersion = ModelVersion.Require(message.ModelName, message.ModelVersion),
            Id = message.Id,
            Inputs = Inputs(message),
            RequestedOutputs = [.. message.Outputs.Select(output => output.Name)],
            Priority = parameters.Priority,
            Timeout = parameters.Timeout,
            SloP99Ms = parameters.SloP99Ms,
        };
    }

    private static void Set(ref RequestParameters parameters, string name, InferParameter value)
    {
        switch (value.ParameterChoiceCase)
        {
            case InferParameter.ParameterChoiceOneofCase.Int64Param: parameters.SetInteger(name, value.Int64Param); break;
            case InferParameter.ParameterChoiceOneofCase.Uint64Param: parameters.SetInteger(name, (long)Math.Min(value.Uint64Param, long.MaxValue)); break;
            case InferParameter.ParameterChoiceOneofCase.DoubleParam: parameters.SetNumber(name, value.DoubleParam); break;
            case InferParameter.ParameterChoiceOneofCase.BoolParam: parameters.SetBoolean(name, value.BoolParam); break;
            case InferParameter.ParameterChoiceOneofCase.StringParam: RequestParameters.SetText(name, value.StringParam); break;
        }
    }

    private static InferenceTensor[] Inputs(ModelInferRequest message)
    {
        if (message.Inputs.Count == 0) throw Invalid("the request has no inputs");
        bool raw = message.RawInputContents.Count > 0;
        if (raw && message.RawInputContents.Count != message.Inputs.Count)
        {
            throw Invalid($"raw_input_contents has {message.RawInputContents.Count} elements for {message.Inputs.Count} inputs; give one for each");
        }

        InferenceTensor[] inputs = new InferenceTensor[message.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            ModelInferRequest.Types.InferInputTensor input = message.Inputs[i];
            if (!TensorDatatypes.TryParse(input.Datatype, out TensorDatatype datatype)) throw Invalid($"input '{input.Name}' has datatype '{input.Datatype}'; allowed: {TensorDatatypes.AllNames}");
            if (input.Shape.Count > InferenceTensorCodec.MaxRank) throw Invalid($"input '{input.Name}' has {input.Shape.Count} dimensions; at most {InferenceTensorCodec.MaxRank} are allowed");
            long[] shape = [.. input.Shape];
            if (!TensorShape.TryCount(shape, out _)) throw Invalid($"input '{input.Name}' has shape {TensorShape.Format(shape)}; dimensions must be 0 or more and their product must fit 63 bits");
            if (input.Parameters.ContainsKey("shared_memory_region")) throw new InferenceException(InferenceError.Unsupported, "shared memory is not served here; send the tensor in the request");
            if (raw && input.Contents is not null) throw Invalid($"input '{input.Name}' has both contents and raw_input_contents; give one of them");
            ReadOnlyMemory<byte> data = raw ? message.RawInputContents[i].Memory : Typed(input, datatype);
            inputs[i] = new InferenceTensor(input.Name, datatype, shape, data);
        }

        return inputs;
    }

    private static ReadOnlyMemory<byte> Typed(ModelInferRequest.Types.InferInputTensor input, TensorDatatype datatype)
    {
        InferTensorContents contents = input.Contents ?? new InferTensorContents();
        return datatype switch
        {
            TensorDatatype.Bool => Convert(contents.BoolContents, value => value ? (byte)1 : (byte)0),
            TensorDatatype.Int8 => Convert(contents.IntContents, value => (sbyte)InRange(value, sbyte.MinValue, sbyte.MaxValue, input.Name, datatype)),
            TensorDatatype.Int16 => Convert(contents.IntContents, value => (short)InRange(value, short.MinValue, short.MaxValue, input.Name, datatype)),
            TensorDatatype.Int32 => Convert(contents.IntContents, value => value),
            TensorDatatype.Int64 => Convert(contents.Int64Contents, value => value),
            TensorDatatype.UInt8 => Convert(contents.UintContents, value => (byte)InRange(value, 0, byte.MaxValue, input.Name, datatype)),
            TensorDatatype.UInt16 => Convert(contents.UintContents, value => (ushort)InRange(value, 0, ushort.MaxValue, input.Name, datatype)),
            TensorDatatype.UInt32 => Convert(contents.UintContents, value => value),
            TensorDatatype.UInt64 => Convert(contents.Uint64Contents, value => value),
            TensorDatatype.Fp32 => Convert(contents.Fp32Contents, value => value),
            TensorDatatype.Fp64 => Convert(contents.Fp64Contents, value => value),
            TensorDatatype.Bytes => Bytes(contents.BytesContents),
            _ => throw Invalid($"input '{input.Name}' of datatype {datatype.WireName()} has no typed contents; send it in raw_input_contents"),
        };
    }

    private static long InRange(long value, long low, long high, string input, TensorDatatype datatype) =>
        value >= low && value <= high ? value : throw Invalid($"input '{input}' has the element {value}, which is no {datatype.WireName()}");

    private static ReadOnlyMemory<byte> Convert<TFrom, TTo>(RepeatedField<TFrom> values, Func<TFrom, TTo> convert)
        where TTo : unmanaged
    {
        byte[] bytes = new byte[values.Count * Unsafe.SizeOf<TTo>()];
        Span<TTo> target = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (int i = 0; i < target.Length; i++) target[i] = convert(values[i]);
        return bytes;
    }

    private static ReadOnlyMemory<byte> Bytes(RepeatedField<ByteString> values)
    {
        byte[] bytes = new byte[values.Sum(value => value.Length + BytesElements.PrefixSize)];
        int offset = 0;
        foreach (ByteString value in values) offset += BytesElements.Write(bytes.AsSpan(offset), value.Span);
        return bytes;
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
