using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// Writes a NumPy array. The number of rows is known only at the end, so the header leaves room for it.
/// </summary>
internal sealed class NpyWriter(Stream target) : IRowWriter
{
    // Room for any number of rows: the head is padded with blanks, which are part of it.
    private const long MostRows = 999_999_999_999;

    private NpyHeader? _header;
    private int _reserved;
    private long _rows;

    /// <inheritdoc />
    public async ValueTask WriteAsync(int rows, OutputColumn[] columns, CancellationToken cancellationToken)
    {
        OutputColumn column =
            columns.Length == 1
                ? columns[0]
                : throw new InferenceException(
                    InferenceError.InvalidArgument,
                    $"npy holds one output, the model gives "
                        + $"{string.Join(", ", columns.Select(each => each.Name))}: name one in outputs, or write "
                        + $"another format"
                );
        if (!NpyHeader.Holds(column.Datatype))
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                $"output '{column.Name}' is {column.Datatype.WireName()}, which npy cannot hold; write "
                    + $"csv, jsonl or parquet"
            );
        }
        if (_header is null)
        {
            _header = new NpyHeader(column.Datatype, [MostRows, .. column.Shape], 0);
            _reserved = _header.ToBytes().Length;
            await target.WriteAsync(new byte[_reserved], cancellationToken).ConfigureAwait(false);
        }
        else if (!_header.Shape.AsSpan(1).SequenceEqual(column.Shape))
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                "the model's output has another shape for some rows, which npy cannot hold; write jsonl instead"
            );
        }

        await target.WriteAsync(column.Data, cancellationToken).ConfigureAwait(false);
        _rows += rows;
    }

    /// <inheritdoc />
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_header is null)
        {
            return;
        }
        target.Position = 0;
        await target
            .WriteAsync((_header with { Shape = [_rows, .. _header.Shape[1..]] }).ToBytes(_reserved), cancellationToken)
            .ConfigureAwait(false);
        target.Position = target.Length;
    }
}
