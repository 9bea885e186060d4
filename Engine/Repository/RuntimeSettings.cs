using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository;

/// <summary>Reads the settings of Triton's ONNX Runtime backend from a configuration. Pure.</summary>
internal static class RuntimeSettings
{
    private const int MostThreads = 1024;

    /// <summary>Entries that go to the session under their own names.</summary>
    private static readonly string[] SessionEntries =
    [
        "session.intra_op.allow_spinning",
        "session.inter_op.allow_spinning",
        "session.use_device_allocator_for_initializers",
        "session.disable_prepacking",
        "session.set_denormal_as_zero",
    ];

    /// <summary>Intra-op threads; 0 leaves the number to the server, whose tuning begins with 1.</summary>
    /// <exception cref="ModelLoadException">The parameter is no number in the range.</exception>
    public static int IntraOpThreads(ModelConfig config) =>
        Math.Max(1, Whole(config, "intra_op_thread_count", 0, MostThreads));

    /// <summary>Everything else.</summary>
    /// <exception cref="ModelLoadException">A parameter, or the level of optimisation, is not allowed.</exception>
    public static RuntimeOptions Read(ModelConfig config)
    {
        bool isParallel = Switch(config, "execution_mode", fallback: false);
        int branches = Whole(config, "inter_op_thread_count", 0, MostThreads);
        return new RuntimeOptions
        {
            Optimization = Level(config.Optimization?.Graph?.Level ?? 0),
            IsParallel = isParallel,
            // As with Triton, they count for parallel runs alone, where 0 means a thread for each processor.
            InterOpThreads =
                !isParallel ? 1
                : branches == 0 ? Environment.ProcessorCount
                : branches,
            HasMemoryArena = Switch(config, "enable_mem_arena", fallback: true),
            HasMemoryPattern = Switch(config, "enable_mem_pattern", fallback: true),
            Entries = SessionEntries
                .Where(config.Parameters.ContainsKey)
                .ToDictionary(key => key, key => Switch(config, key, fallback: false) ? "1" : "0"),
        };
    }

    private static GraphOptimizationLevel Level(int level) =>
        level switch
        {
            -1 => GraphOptimizationLevel.ORT_ENABLE_BASIC,
            0 => GraphOptimizationLevel.ORT_ENABLE_ALL,
            1 => GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
            2 => GraphOptimizationLevel.ORT_DISABLE_ALL,
            _ => throw new ModelLoadException(
                $"optimization.graph.level is {level}; allowed are -1 (basic), 0 (all), 1 (extended) and 2 (none)"
            ),
        };

    private static bool Switch(ModelConfig config, string key, bool fallback) =>
        Whole(config, key, fallback ? 1 : 0, 1) == 1;

    private static int Whole(ModelConfig config, string key, int fallback, int most)
    {
        double value = ReplicaSettings.Parameter(config, key, fallback, 0, most);
        return double.IsInteger(value)
            ? (int)value
            : throw new ModelLoadException($"parameter {key} is '{value}'; a whole number from 0 to {most} is allowed");
    }
}
