using System.Diagnostics.Metrics;

namespace OrleansInference.Engine.Diagnostics;

/// <summary>The engine's own instruments, on the meter <c>OrleansInference</c>.</summary>
internal sealed class EngineMetrics(IMeterFactory meters)
{
    /// <summary>Starts to report an engine.</summary>
    public void Observe(InferenceEngine engine)
    {
        Meter meter = meters.Create(EngineActivity.SourceName);
        meter.CreateObservableCounter(
            "orleans_inference.model.loads",
            () => engine.Loads,
            "{load}",
            "Model versions loaded"
        );
        meter.CreateObservableCounter(
            "orleans_inference.model.evictions",
            () => engine.Evictions,
            "{eviction}",
            "Models unloaded to make room, or because nobody used them"
        );
        meter.CreateObservableGauge(
            "orleans_inference.model.ready",
            () => engine.Models.Count,
            "{version}",
            "Model versions that serve"
        );
        meter.CreateObservableGauge(
            "orleans_inference.memory.reserved",
            () => engine.Memory.Reserved,
            "By",
            "Memory reserved for models"
        );
        meter.CreateObservableGauge(
            "orleans_inference.memory.limit",
            () => engine.Memory.Capacity,
            "By",
            "Memory that models may take"
        );
    }
}
