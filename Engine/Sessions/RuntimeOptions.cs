using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.Engine.Sessions;

/// <summary>What a model's configuration says of ONNX Runtime itself. The defaults are the server's own.</summary>
internal sealed record RuntimeOptions
{
    /// <summary>Graph optimisation.</summary>
    public GraphOptimizationLevel Optimization { get; init; } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>Whether branches of the graph run beside each other.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Threads for the branches of a parallel run, at least 1.</summary>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>Whether memory on the CPU comes from an arena.</summary>
    public bool HasMemoryArena { get; init; } = true;

    /// <summary>Whether the memory of a run is planned after the first one of its shapes.</summary>
    public bool HasMemoryPattern { get; init; } = true;

    /// <summary>Entries of the session's configuration by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, string> Entries { get; init; } = new Dictionary<string, string>();

    /// <summary>Sets them.</summary>
    public void Apply(SessionOptions options)
    {
        options.GraphOptimizationLevel = Optimization;
        options.ExecutionMode = IsParallel ? ExecutionMode.ORT_PARALLEL : ExecutionMode.ORT_SEQUENTIAL;
        options.InterOpNumThreads = InterOpThreads;
        options.EnableCpuMemArena = HasMemoryArena;
        options.EnableMemoryPattern = HasMemoryPattern;
        // A spinning pool burns a core between requests: 51 ms of CPU a run at 20 runs a second, against 7 without.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        foreach ((string key, string value) in Entries)
        {
            options.AddSessionConfigEntry(key, value);
        }
    }
}
