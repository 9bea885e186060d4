using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.AspNetBaseline;

/// <summary>The outputs of one run, in the binding's own memory or in ONNX Runtime's.</summary>
internal readonly struct RunResult(
    List<OrtValue>? bound,
    int firstBound,
    IDisposableReadOnlyCollection<OrtValue>? allocated
) : IDisposable
{
    public OrtValue this[int output] => allocated is null ? bound![firstBound + output] : allocated.ElementAt(output);

    public void Dispose() => allocated?.Dispose();
}
