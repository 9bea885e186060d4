namespace OrleansInference.Engine.Sessions;

/// <summary>Chooses a provider among those available. Pure.</summary>
internal static class ExecutionProviderChoice
{
    public const string Cpu = "CPUExecutionProvider";
    public const string Cuda = "CUDAExecutionProvider";

    /// <summary>The provider for one model.</summary>
    /// <param name="wanted"><c>auto</c>, <c>cpu</c> or <c>cuda</c>.</param>
    /// <param name="instanceKind">The model's <c>instance_group</c> kind: <c>KIND_AUTO</c>, <c>KIND_CPU</c>,
    /// <c>KIND_GPU</c>.</param>
    /// <param name="available">What this build of ONNX Runtime has.</param>
    /// <exception cref="ModelLoadException">CUDA is demanded and not available.</exception>
    public static string Choose(string wanted, string instanceKind, IReadOnlyList<string> available)
    {
        if (wanted == "cpu" || instanceKind == "KIND_CPU")
        {
            return Cpu;
        }
        if (available.Contains(Cuda))
        {
            return Cuda;
        }
        if (IsCudaDemanded(wanted, instanceKind))
        {
            string asker = wanted == "cuda" ? "Engine:ExecutionProvider:Provider" : "instance_group kind KIND_GPU";
            throw new ModelLoadException(
                $"GPU instances not supported: CUDA was asked for ({asker}) but this build of ONNX Runtime has only: "
                    + $"{string.Join(", ", available)}. Build with -p:OrtPackage=Microsoft.ML.OnnxRuntime.Gpu, or choose "
                    + "cpu or auto."
            );
        }

        return Cpu;
    }

    /// <summary>Whether a model must not fall back to the CPU when CUDA is there but no device answers.</summary>
    public static bool IsCudaDemanded(string wanted, string instanceKind) =>
        wanted == "cuda" || instanceKind == "KIND_GPU";
}
