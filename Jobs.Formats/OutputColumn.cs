using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Jobs.Formats;

/// <summary>One output of the model for some rows, element by element.</summary>
public sealed class OutputColumn
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly int[]? _offsets;
    private readonly int _size;

    /// <summary>An answer's output.</summary>
    /// <param name="tensor">The output, which must live as long as this.</param>
    /// <param name="rows">Rows that it is for.</param>
    /// <param name="isBatched">Whether its first dimension is the rows; else all of it is one row.</param>
    /// <exception cref="InferenceException">It does not have that many rows, or text that is no UTF-8.</exception>
    public OutputColumn(Tensor tensor, int rows, bool isBatched)
    {
        Name = tensor.Name;
        Datatype = tensor.Datatype;
        _data = tensor.Data;
        _size = tensor.Datatype.ElementSize();
        long[] shape = tensor.Shape.ToArray();
        if (isBatched && (shape.Length == 0 || shape[0] != rows))
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"output '{Name}' has shape {TensorShape.Format(shape)} for {rows} rows; a bulk job needs "
                    + $"outputs with one row for each input row"
            );
        }
        Shape = isBatched ? shape[1..] : shape;
        Elements = TensorShape.TryCount(Shape, out long elements) ? (int)elements : 0;
        if (Datatype == TensorDatatype.Bytes)
        {
            _offsets = Offsets(tensor.Data.Span, rows * Elements);
        }
    }

    /// <summary>The output.</summary>
    public string Name { get; }

    /// <summary>Its element type.</summary>
    public TensorDatatype Datatype { get; }

    /// <summary>The shape of one row.</summary>
    public long[] Shape { get; }

    /// <summary>Elements of one row.</summary>
    public int Elements { get; }

    /// <summary>All rows as raw tensor contents.</summary>
    public ReadOnlyMemory<byte> Data => _data;

    /// <summary>
    /// The columns of a table that it takes: itself, or <c>NAME_0</c>, <c>NAME_1</c> … where a row has more than one
    /// element.
    /// </summary>
    public IEnumerable<string> Names =>
        Shape.Length == 0 || Elements == 1 ? [Name] : Enumerable.Range(0, Elements).Select(i => $"{Name}_{i}");

    /// <summary>The raw contents of an element; for text without its length.</summary>
    public ReadOnlySpan<byte> Element(int row, int element)
    {
        int index = (row * Elements) + element;
        return _offsets is null
            ? _data.Span.Slice(index * _size, _size)
            : _data.Span[(_offsets[index] + BytesElements.PrefixSize).._offsets[index + 1]];
    }

    private int[] Offsets(ReadOnlySpan<byte> rest, int count)
    {
        int[] offsets = new int[count + 1];
        int length = rest.Length;
        for (int i = 0; i < count; i++)
        {
            offsets[i] = length - rest.Length;
            if (!BytesElements.TryRead(ref rest, out ReadOnlySpan<byte> element))
            {
                throw new InferenceException(
                    InferenceError.Internal,
                    $"output '{Name}' has {i} elements, {count} were expected"
                );
            }
            if (!System.Text.Unicode.Utf8.IsValid(element))
            {
                throw new InferenceException(
                    InferenceError.Unsupported,
                    $"output '{Name}' has elements that are no UTF-8 text, which no format of bulk jobs can hold"
                );
            }
        }

        offsets[count] = length - rest.Length;
        return offsets;
    }
}
