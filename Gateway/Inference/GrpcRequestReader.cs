using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Inference;

/// <summary>Turns a gRPC inference request into ours. Raw contents are shared, not copied.</summary>
internal static class GrpcRequestReader
{
    /// <summary>Reads a request; its deadline is the call's or the parameter's, whichever is nearer.</summary>
    /// <exception cref="InferenceException">The request is malformed; the message says where.</exception>
    public static (InferenceCall Request, RequestParameters Parameters, List<RequestedOutput> Outputs) Read(
        ModelInferRequest message,
        Caller caller,
        ServerCallContext call,
        TimeProvider time,
        SharedMemoryRegions regions
    )
    {
        RequestParameters parameters = default;
        foreach ((string name, InferParameter value) in message.Parameters)
        {
            Set(ref parameters, name, value);
        }
        List<RequestedOutput> outputs = Outputs(message);
        if (call.Deadline != DateTime.MaxValue)
        {
            parameters.LimitTimeout(call.Deadline - time.GetUtcNow().UtcDateTime);
        }
        InferenceCall request = new()
        {
            ModelName = message.ModelName,
            ModelVersion = ModelVersion.Require(message.ModelName, message.ModelVersion),
            Id = message.Id,
            Inputs = Inputs(message, regions),
            RequestedOutputs = [.. message.Outputs.Select(output => output.Name)],
            PriorityLevel = parameters.Priority,
            Timeout = parameters.Timeout,
            SloP99Ms = parameters.SloP99Ms,
            SequenceId = parameters.SequenceId ?? "",
            SequenceStart = parameters.SequenceStart,
            SequenceEnd = parameters.SequenceEnd,
            Tenant = caller.Tenant,
            TenantWeight = caller.Weight,
            Background = caller.IsProbe,
            IsProbe = caller.IsProbe,
        };
        return (request, parameters, outputs);
    }

    /// <summary>The sequence of a request, whatever is wrong with it; null for none.</summary>
    public static string? SequenceId(ModelInferRequest message)
    {
        if (!message.Parameters.TryGetValue("sequence_id", out InferParameter? value))
        {
            return null;
        }
        try
        {
            RequestParameters parameters = default;
            Set(ref parameters, "sequence_id", value);
            return parameters.SequenceId;
        }
        catch (InferenceException)
        {
            return null;
        }
    }

    private static List<RequestedOutput> Outputs(ModelInferRequest message)
    {
        // Every name is held against all before it: their number is bounded, as over HTTP.
        if (message.Outputs.Count > InputHeaderReader.MaxTensors)
        {
            throw Invalid($"the request has more than {InputHeaderReader.MaxTensors} outputs");
        }
        List<RequestedOutput> outputs = [];
        foreach (ModelInferRequest.Types.InferRequestedOutputTensor output in message.Outputs)
        {
            if (outputs.Exists(other => other.Name == output.Name))
            {
                throw Invalid($"output '{output.Name}' already exists in request");
            }
            outputs.Add(
                new RequestedOutput(
                    output.Name,
                    Classes: (int)Math.Clamp(Number(output.Parameters, "classification"), 0, int.MaxValue),
                    Region: Range(output.Parameters)
                )
            );
        }

        return outputs;
    }

    private static SharedMemoryRange? Range(MapField<string, InferParameter> parameters) =>
        parameters.TryGetValue("shared_memory_region", out InferParameter? region)
            ? new SharedMemoryRange(
                region.StringParam,
                Number(parameters, "shared_memory_offset"),
                Number(parameters, "shared_memory_byte_size")
            )
            : null;

    private static long Number(MapField<string, InferParameter> parameters, string name) =>
        !parameters.TryGetValue(name, out InferParameter? value)
            ? 0
            : value.ParameterChoiceCase switch
            {
                InferParameter.ParameterChoiceOneofCase.Int64Param => value.Int64Param,
                InferParameter.ParameterChoiceOneofCase.Uint64Param => (long)Math.Min(value.Uint64Param, long.MaxValue),
                _ => throw Invalid($"parameter '{name}' must be a whole number"),
            };

    private static void Set(ref RequestParameters parameters, string name, InferParameter value)
    {
        switch (value.ParameterChoiceCase)
        {
            case InferParameter.ParameterChoiceOneofCase.Int64Param:
                parameters.SetInteger(name, value.Int64Param);
                break;
            case InferParameter.ParameterChoiceOneofCase.Uint64Param:
                parameters.SetUnsigned(name, value.Uint64Param);
                break;
            case InferParameter.ParameterChoiceOneofCase.DoubleParam:
                parameters.SetNumber(name, value.DoubleParam);
                break;
            case InferParameter.ParameterChoiceOneofCase.BoolParam:
                parameters.SetBoolean(name, value.BoolParam);
                break;
            case InferParameter.ParameterChoiceOneofCase.StringParam:
                parameters.SetText(name, value.StringParam);
                break;
        }
    }

    private static Tensor[] Inputs(ModelInferRequest message, SharedMemoryRegions regions)
    {
        int inMessage = message.Inputs.Count(input => !input.Parameters.ContainsKey("shared_memory_region"));
        bool raw = message.RawInputContents.Count > 0;
        if (raw && message.RawInputContents.Count != inMessage)
        {
            throw Invalid(
                $"raw_input_contents has {message.RawInputContents.Count} elements for {inMessage} "
                    + $"inputs; give one for each"
            );
        }

        Tensor[] inputs = new Tensor[message.Inputs.Count];
        int next = 0;
        try
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = Input(message.Inputs[i], raw ? message.RawInputContents : null, ref next, regions);
            }
        }
        catch
        {
            foreach (Tensor? input in inputs)
            {
                input?.Dispose();
            }
            throw;
        }

        return inputs;
    }

    private static Tensor Input(
        ModelInferRequest.Types.InferInputTensor input,
        RepeatedField<ByteString>? raw,
        ref int next,
        SharedMemoryRegions regions
    )
    {
        if (!TensorDatatypes.TryParse(input.Datatype, out TensorDatatype datatype))
        {
            throw Invalid($"input '{input.Name}' has datatype '{input.Datatype}'; allowed: {TensorDatatypes.AllNames}");
        }
        if (input.Shape.Count > TensorCodec.MaxRank)
        {
            throw Invalid(
                $"input '{input.Name}' has {input.Shape.Count} dimensions; at most "
                    + $"{TensorCodec.MaxRank} are allowed"
            );
        }
        long[] shape = [.. input.Shape];
        InputShape.Count(input.Name, datatype, shape);
        if (Range(input.Parameters) is { } range)
        {
            TensorBuffer shared = regions.Read(range);
            return new Tensor(input.Name, datatype, shape, shared.Memory, shared);
        }

        if (raw is not null && input.Contents is not null)
        {
            throw Invalid($"input '{input.Name}' has both contents and raw_input_contents; give one of them");
        }
        return new Tensor(input.Name, datatype, shape, raw is null ? Typed(input) : raw[next++].Memory);
    }

    private static ReadOnlyMemory<byte> Typed(ModelInferRequest.Types.InferInputTensor input) =>
        TypedContents.TryRead(
            input.Contents ?? new InferTensorContents(),
            input.Datatype,
            out byte[] contents,
            out string problem
        )
            ? contents
            : throw Invalid($"input '{input.Name}' {problem}");

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
