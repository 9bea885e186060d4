using Google.Protobuf;
using OrleansInference.Protocol;

namespace OrleansInference.AspNetBaseline;

/// <summary>
/// The answer to a gRPC request. What describes its outputs depends on the shapes alone where they are preallocated, and
/// is then built once; answers share it and never change it.
/// </summary>
internal sealed class GrpcAnswer(ServedModel model)
{
    private ModelInferResponse.Types.InferOutputTensor[]? outputs;

    public void Invalidate() => outputs = null;

    public ModelInferResponse Build(RequestHeader request, RunResult result, string id, bool preallocated)
    {
        var described = outputs ?? Describe(request, result);
        outputs = preallocated ? described : null;
        var answer = new ModelInferResponse { ModelName = model.Name, Id = id };
        answer.Outputs.AddRange(described);
        for (var i = 0; i < described.Length; i++)
        {
            answer.RawOutputContents.Add(ByteString.CopyFrom(result[i].GetTensorMutableRawData()));
        }
        return answer;
    }

    private ModelInferResponse.Types.InferOutputTensor[] Describe(RequestHeader request, RunResult result)
    {
        var described = new ModelInferResponse.Types.InferOutputTensor[request.Outputs.Length];
        for (var i = 0; i < described.Length; i++)
        {
            var output = model.Outputs[request.Outputs[i].Model];
            described[i] = new ModelInferResponse.Types.InferOutputTensor
            {
                Name = output.Name,
                Datatype = output.Type.Name,
            };
            described[i].Shape.AddRange(result[i].GetTensorTypeAndShape().Shape);
        }
        return described;
    }
}
