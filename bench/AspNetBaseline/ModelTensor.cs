using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.AspNetBaseline;

/// <summary>
/// An input or output of a model. A dimension is −1 where it is only known by its symbol, or not at all.
/// </summary>
internal sealed class ModelTensor(string name, NodeMetadata metadata)
{
    public string Name { get; } = name;

    public byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);

    public TensorType Type { get; } = TensorType.Of(metadata.ElementDataType);

    public int[] Dimensions { get; } = metadata.Dimensions;

    public string[] Symbols { get; } = metadata.SymbolicDimensions;
}
