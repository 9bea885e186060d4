using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Engine.Sessions;

/// <summary>Where models run. Configuration section <c>Engine:ExecutionProvider</c>.</summary>
public sealed class ExecutionProviderOptions
{
    /// <summary>
    /// <c>auto</c> (CUDA where this build of ONNX Runtime has it and a device answers, else the CPU), <c>cpu</c> or
    /// <c>cuda</c> (an error where there is none); or <c>emulated</c>, the device that <see cref="Profile"/> describes,
    /// whose
    /// answers are zeros that come when it would give them: to try a cluster that one does not own yet.
    /// </summary>
    [RegularExpression(
        "^(auto|cpu|cuda|emulated)$",
        ErrorMessage = "Engine:ExecutionProvider:Provider must be auto, cpu, cuda or emulated."
    )]
    public string Provider { get; set; } = "auto";

    /// <summary>
    /// ONNX Runtime's CUDA options by name, such as <c>device_id</c>, <c>gpu_mem_limit</c>,
    /// <c>arena_extend_strategy</c>,
    /// <c>cudnn_conv_algo_search</c>, <c>do_copy_in_default_stream</c>.
    /// </summary>
    public Dictionary<string, string> Cuda { get; } = [];

    /// <summary>The JSON file that describes the emulated device.</summary>
    public string Profile { get; set; } = "";
}
