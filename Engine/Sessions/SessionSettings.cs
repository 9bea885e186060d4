using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Emulation;

namespace OrleansInference.Engine.Sessions;

/// <summary>How a session is built. A change means a new session beside the old one.</summary>
internal sealed record SessionSettings
{
    /// <summary>Path of the .onnx file.</summary>
    public required string Path { get; init; }

    /// <summary>The variant that the file is.</summary>
    public string Variant { get; init; } = Repository.ModelVariants.Original;

    /// <summary>
    /// Intra-op threads, at least 1. With 1 a run uses the calling thread alone; more bring their own pool.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>ONNX Runtime's provider name.</summary>
    public string Provider { get; init; } = ExecutionProviderChoice.Cpu;

    /// <summary>CUDA options by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, string> CudaOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>What the emulated device takes for it; null on every real one.</summary>
    public ModelProfile? Emulated { get; init; }

    /// <summary>What the configuration says of ONNX Runtime itself.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    public InferenceSession CreateSession()
    {
        _ = OnnxRuntimeEnvironment.AvailableProviders;
        using SessionOptions options = new() { IntraOpNumThreads = Threads };
        Runtime.Apply(options);
        if (Provider == ExecutionProviderChoice.Cuda)
        {
            using OrtCUDAProviderOptions cuda = new();
            if (CudaOptions.Count > 0)
            {
                cuda.UpdateOptions(new Dictionary<string, string>(CudaOptions));
            }
            options.AppendExecutionProvider_CUDA(cuda);
        }

        using PrivateCopy copy = PrivateCopy.Create(Path);
        return new InferenceSession(copy.Path, options);
    }
}
