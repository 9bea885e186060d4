namespace OrleansInference.Onnx.Reading;

/// <summary>A file is not a sound ONNX model; the message names the file and what is wrong.</summary>
public sealed class OnnxFormatException(string message, Exception? innerException = null) : Exception(message, innerException);
