using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>One model, <c>echo</c>, in version 3.</summary>
internal sealed class FakeCatalog : IModelCatalog
{
    public bool IsServerReady { get; set; } = true;

    public bool IsServerLive { get; set; } = true;

    /// <summary>The configuration of the model.</summary>
    public string ConfigJson { get; set; } = """{"name":"echo","max_batch_size":8}""";

    /// <summary>The statistics of the model.</summary>
    public InferenceStatistics Statistics { get; set; } =
        new()
        {
            Name = "echo",
            Version = "3",
            InferenceCount = 12,
            ExecutionCount = 5,
        };

    public bool IsModelReady(string modelName, string modelVersion) => modelName == "echo" && modelVersion is "" or "3";

    public ModelMetadata GetMetadata(string modelName, string modelVersion) =>
        modelName switch
        {
            "echo" => new(
                "echo",
                ["3"],
                "onnxruntime_onnx",
                [new TensorMetadata("x", TensorDatatype.Fp32, [-1, 4])],
                [new TensorMetadata("y", TensorDatatype.Int64, [-1])],
                "CPUExecutionProvider",
                []
            )
            {
                MaxBatchSize = 8,
            },
            "throws" => throw new InvalidOperationException("the secret inside"),
            _ => throw new InferenceException(InferenceError.NotFound, $"Request for unknown model: '{modelName}'"),
        };

    public string GetConfigJson(string modelName, string modelVersion)
    {
        _ = GetMetadata(modelName, modelVersion);
        return ConfigJson;
    }

    public IReadOnlyList<InferenceStatistics> GetStatistics(string modelName, string modelVersion)
    {
        if (modelName.Length > 0)
        {
            _ = GetMetadata(modelName, modelVersion);
        }
        return [Statistics];
    }

    public IReadOnlyList<string> GetLabels(string modelName, string modelVersion, string output) =>
        output is "x" or "y" ? ["zero", "one"] : [];
}
