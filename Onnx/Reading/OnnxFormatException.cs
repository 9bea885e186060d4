namespace OrleansInference.Onnx.Reading;

/// <summary>A file is not a readable ONNX model, or points at data that it may not use.</summary>
/// <param name="path">The file.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="innerException">Where it was noticed, if another exception said so.</param>
public sealed class OnnxFormatException(string path, string problem, Exception? innerException = null)
    : Exception($"'{path}' {problem}", innerException)
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
