namespace OrleansInference.Onnx.Reading;

/// <summary>A graph's input or output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">ONNX's element type number; 0 for what is no tensor.</param>
/// <param name="Dimensions">Each a length, a symbolic name, or "?" where nothing is known.</param>
public sealed record OnnxValue(string Name, int ElementType, IReadOnlyList<string> Dimensions);
