using System.ComponentModel.DataAnnotations;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Hosting;

/// <summary>The engine's settings. Configuration section <c>Engine</c>.</summary>
public sealed class EngineOptions
{
    /// <summary>The model repository, a folder in Triton's layout.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Engine:Models must name the model repository (--models DIR).")]
    public string Models { get; set; } = "models";

    /// <summary>
    /// More repositories (<c>--models DIR</c>, given again). A model that is in more than one of them is not loaded.
    /// </summary>
    public IList<string> MoreModels { get; } = [];

    /// <summary>Which models are loaded, and when.</summary>
    [EnumDataType(typeof(ModelControlMode), ErrorMessage = "Engine:Mode must be all, explicit, poll or demand.")]
    public ModelControlMode Mode { get; set; } = ModelControlMode.All;

    /// <summary>
    /// Models to load at start in mode <c>explicit</c> or <c>demand</c> (<c>--load-model NAME</c>); <c>*</c> stands for
    /// all.
    /// </summary>
    public IList<string> LoadModel { get; } = [];

    /// <summary>
    /// What ends the server at its start: <c>repository</c>, a repository that cannot be read or a model to be loaded by
    /// name that is not there; <c>true</c>, any model that cannot be loaded too; <c>false</c>, nothing.
    /// </summary>
    [EnumDataType(typeof(StartErrors), ErrorMessage = "Engine:ExitOnError must be repository, true or false.")]
    public StartErrors ExitOnError { get; set; } = StartErrors.Repository;

    /// <summary>
    /// Whether a server is ready only while every model that was asked for is; else once all were tried. In mode
    /// <c>demand</c>, where models come and go with their requests, it is ready either way.
    /// </summary>
    public bool StrictReadiness { get; set; }

    /// <summary>
    /// Whether every model needs a configuration that says all of it: platform or backend, and every input and output with
    /// its type; else what it leaves out is read from the model's file (Triton's <c>--disable-auto-complete-config</c>).
    /// </summary>
    public bool StrictModelConfig { get; set; }

    /// <summary>
    /// Name of the configuration to serve models by: <c>configs/NAME.pbtxt</c> of a model's folder, where there is one,
    /// stands in for its <c>config.pbtxt</c>. Empty for none.
    /// </summary>
    [RegularExpression(
        @"[^/\\]*",
        ErrorMessage = "Engine:ModelConfigName must be a file's name without a folder and without .pbtxt."
    )]
    public string ModelConfigName { get; set; } = "";

    /// <summary>
    /// Engine threads; 0 for one a core. They are also the default number of concurrent runs a model.
    /// </summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>MiB that loaded models may take together; 0 for 80 % of what the process may use.</summary>
    [Range(0, long.MaxValue)]
    public long MemoryLimitMiB { get; set; }

    /// <summary>Models that may be loading at once.</summary>
    [Range(1, 64)]
    public int ConcurrentLoads { get; set; } = 2;

    /// <summary>
    /// In mode <c>demand</c>: seconds without a request after which a model is unloaded, unless its parameter
    /// <c>idle_ttl_seconds</c> says otherwise; 0 for never.
    /// </summary>
    [Range(0, 31_536_000)]
    public int IdleTtlSeconds { get; set; }

    /// <summary>Requests that may wait for one model; a configured <c>max_queue_size</c> wins.</summary>
    [Range(1, 10_000_000)]
    public int MaxQueuedRequests { get; set; } = 4096;

    /// <summary><c>max_batch_size</c> of a model that names none and whose rows are proven to be independent.</summary>
    [Range(0, 65_536)]
    public int DefaultMaxBatchSize { get; set; } = 64;

    /// <summary>Seconds between two looks at the repository in mode <c>poll</c>.</summary>
    [Range(1, 86_400)]
    public int PollSeconds { get; set; } = 15;

    /// <summary>Where models run.</summary>
    public ExecutionProviderOptions ExecutionProvider { get; } = new();
}
