using OrleansInference.Load.Http;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

/// <summary>A model with the request that both servers get, byte for byte, and the answer both must give.</summary>
internal sealed record ComparedModel(string Name, ModelFile File, byte[] Request, float[] Expected)
{
    public static ComparedModel From(string name, ModelFile file) =>
        new(
            name,
            file,
            InferRequest.Build("127.0.0.1", name, file.InputName, "FP32", file.Shape(1), file.RowBytes.ToArray(), []),
            RawReference.FirstOutput(file)
        );
}
