using OrleansInference.Load.Arguments;
using OrleansInference.Load.Grpc;
using OrleansInference.Load.Http;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

/// <summary>A model with the requests that all servers get, byte for byte, and the answer they must give.</summary>
internal sealed record ComparedModel(string Name, ModelFile File, byte[] Request, byte[] GrpcRequest, float[] Expected)
{
    /// <summary>
    /// Writes the models that the scenarios name to the repository: those of the bench, or the caller's own.
    /// </summary>
    public static ComparedModel[] Open(
        ArgumentSet arguments,
        OwnModel? own,
        IEnumerable<Scenario> scenarios,
        string repository
    )
    {
        var data = arguments.Text("data", SampleModels.DefaultFolder);
        return
        [
            .. scenarios
                .Select(scenario => scenario.Model)
                .Distinct()
                .Select(name =>
                    own is null
                        ? From(name, SampleModels.Read(name, data), repository)
                        : From(name, own.Read(), repository)
                ),
        ];
    }

    private static ComparedModel From(string name, (byte[] Model, float[] Row) content, string repository)
    {
        var path = ModelRepositoryFolder.Write(repository, name, content.Model);
        var file = ModelFile.Open(path, content.Row, name);
        var shape = file.Shape(1);
        return new ComparedModel(
            name,
            file,
            InferRequest.Build("127.0.0.1", name, file.InputName, "FP32", shape, file.RowBytes.ToArray(), []),
            GrpcInferRequest.Build(name, file.InputName, "FP32", shape, file.RowBytes, []),
            RawReference.FirstOutput(file)
        );
    }
}
