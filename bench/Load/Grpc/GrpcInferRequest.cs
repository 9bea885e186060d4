using Google.Protobuf;
using OrleansInference.Protocol;

namespace OrleansInference.Load.Grpc;

/// <summary>Builds the bytes of a ModelInferRequest with one raw tensor, once for all sends.</summary>
internal static class GrpcInferRequest
{
    public static byte[] Build(
        string model,
        string input,
        string datatype,
        IEnumerable<long> shape,
        ReadOnlySpan<byte> tensor,
        IEnumerable<string> outputs
    )
    {
        var request = new ModelInferRequest { ModelName = model };
        var described = new ModelInferRequest.Types.InferInputTensor { Name = input, Datatype = datatype };
        described.Shape.AddRange(shape);
        request.Inputs.Add(described);
        request.Outputs.AddRange(
            outputs.Select(output => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output })
        );
        request.RawInputContents.Add(ByteString.CopyFrom(tensor));
        return request.ToByteArray();
    }
}
