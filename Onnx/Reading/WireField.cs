namespace OrleansInference.Onnx.Reading;

/// <summary>One field of a protobuf message in a file.</summary>
/// <param name="Number">Its number.</param>
/// <param name="IsNested">Whether it holds bytes, a text or another message.</param>
/// <param name="Begin">Where its tag begins, from the start of the file.</param>
/// <param name="Start">Where its contents begin.</param>
/// <param name="Length">Bytes of its contents.</param>
internal readonly record struct WireField(int Number, bool IsNested, long Begin, long Start, long Length);
