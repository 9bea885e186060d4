using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.GpuBench;

/// <summary>A model on ONNX Runtime alone: the bar to hold the silo against.</summary>
internal sealed class RawModel : IDisposable
{
    private readonly RunOptions _run = new();

    /// <summary>Loads it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="provider"><c>cuda</c> or <c>cpu</c>.</param>
    public RawModel(string path, string provider)
    {
        using SessionOptions options = new() { IntraOpNumThreads = provider == "cuda" ? 1 : 0 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (provider == "cuda")
        {
            using OrtCUDAProviderOptions cuda = new();
            options.AppendExecutionProvider_CUDA(cuda);
        }

        Session = new InferenceSession(path, options);
    }

    /// <summary>The session.</summary>
    public InferenceSession Session { get; }

    /// <summary>One run; the first output's numbers.</summary>
    public float[] Run(IReadOnlyList<string> names, IReadOnlyList<OrtValue> inputs)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Session.Run(_run, names, inputs, Session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Session.Dispose();
        _run.Dispose();
    }
}
