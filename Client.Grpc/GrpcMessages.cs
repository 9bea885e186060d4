using System.Globalization;
using Google.Protobuf;
using OrleansInference.Protocol;

namespace OrleansInference.Client.Grpc;

/// <summary>
/// Requests and answers in the protocol's gRPC form. Contents are shared with the messages, not copied.
/// </summary>
internal static class GrpcMessages
{
    /// <summary>A request.</summary>
    public static ModelInferRequest Write(InferenceRequest request)
    {
        ModelInferRequest message = new()
        {
            ModelName = request.ModelName,
            ModelVersion = request.ModelVersion,
            Id = request.Id,
        };
        if (request.Priority > 0)
        {
            message.Parameters.Add("priority", new InferParameter { Uint64Param = request.Priority });
        }
        if (request.Timeout > TimeSpan.Zero)
        {
            message.Parameters.Add(
                "timeout",
                new InferParameter { Int64Param = (long)request.Timeout.TotalMicroseconds }
            );
        }
        if (request.SloP99Ms > 0)
        {
            message.Parameters.Add("slo_p99_ms", new InferParameter { DoubleParam = request.SloP99Ms });
        }
        if (request.SequenceId.Length > 0)
        {
            message.Parameters.Add("sequence_id", SequenceId(request.SequenceId));
            message.Parameters.Add("sequence_start", new InferParameter { BoolParam = request.SequenceStart });
            message.Parameters.Add("sequence_end", new InferParameter { BoolParam = request.SequenceEnd });
        }

        foreach (Tensor input in request.Inputs)
        {
            message.Inputs.Add(
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = input.Name,
                    Datatype = input.Datatype.WireName(),
                    Shape = { input.Shape.ToArray() },
                }
            );
            message.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(input.Data));
        }

        foreach (string output in request.RequestedOutputs)
        {
            message.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output });
        }
        return message;
    }

    /// <summary>An answer; its outputs may be raw or typed.</summary>
    /// <exception cref="InferenceException">It is no answer of the protocol.</exception>
    public static InferenceResult Read(ModelInferResponse? message)
    {
        if (message is null)
        {
            throw Malformed("it has neither outputs nor an error");
        }
        bool raw = message.RawOutputContents.Count > 0;
        if (raw && message.RawOutputContents.Count != message.Outputs.Count)
        {
            throw Malformed(
                $"it has {message.RawOutputContents.Count} raw contents for {message.Outputs.Count} outputs"
            );
        }
        Tensor[] outputs = new Tensor[message.Outputs.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            ModelInferResponse.Types.InferOutputTensor output = message.Outputs[i];
            if (!TensorDatatypes.TryParse(output.Datatype, out TensorDatatype datatype))
            {
                throw Malformed($"output '{output.Name}' has datatype '{output.Datatype}'");
            }
            ReadOnlyMemory<byte> contents =
                raw ? message.RawOutputContents[i].Memory
                : TypedContents.TryRead(
                    output.Contents ?? new InferTensorContents(),
                    output.Datatype,
                    out byte[] typed,
                    out string problem
                )
                    ? typed
                : throw Malformed($"output '{output.Name}' {problem}");
            long[] shape = [.. output.Shape];
            if (OutputContents.FindProblem(output.Name, datatype, shape, contents.Span) is { } wrong)
            {
                throw Malformed(wrong);
            }
            outputs[i] = new Tensor(output.Name, datatype, shape, contents);
        }

        return new InferenceResult
        {
            ModelName = message.ModelName,
            ModelVersion = message.ModelVersion,
            Id = message.Id,
            Outputs = outputs,
        };
    }

    private static InferParameter SequenceId(string id) =>
        ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number <= long.MaxValue
            ? new InferParameter { Int64Param = (long)number }
            : new InferParameter { StringParam = id };

    private static InferenceException Malformed(string problem) =>
        new(InferenceError.Internal, $"the server's answer is not one of the protocol: {problem}");
}
