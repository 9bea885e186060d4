using OrleansInference.Grains.Interfaces.Inference;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats;

/// <summary>Writes rows of Parquet, a row group for every 65,536.</summary>
internal sealed class ParquetRowWriter(Stream target) : IRowWriter
{
    private const int RowsPerGroup = 1 << 16;

    private ParquetColumn[]? _columns;
    private int[] _elements = [];
    private ParquetWriter? _writer;

    /// <inheritdoc />
    public async ValueTask WriteAsync(int rows, OutputColumn[] columns, CancellationToken cancellationToken)
    {
        int[] elements = [.. columns.Select(column => column.Elements)];
        if (_columns is null)
        {
            _columns =
            [
                .. columns.SelectMany(column =>
                    column.Names.Select(name => ParquetColumn.Create(name, column.Datatype))
                ),
            ];
            _elements = elements;
            _writer = await ParquetWriter
                .CreateAsync(
                    new ParquetSchema([.. _columns.Select(column => (Field)column.Field)]),
                    target,
                    cancellationToken: cancellationToken
                )
                .ConfigureAwait(false);
        }

        if (!_elements.AsSpan().SequenceEqual(elements))
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                "the model's output has another size for some rows, which parquet cannot hold; write jsonl instead"
            );
        }
        for (int row = 0; row < rows; row++)
        {
            int next = 0;
            foreach (OutputColumn column in columns)
            {
                for (int i = 0; i < column.Elements; i++)
                {
                    _columns[next++].Add(column.Datatype, column.Element(row, i));
                }
            }
        }

        if (_columns.Length > 0 && _columns[0].Count >= RowsPerGroup)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_columns is null || _writer is null)
        {
            return;
        }
        if (_columns.Length > 0 && _columns[0].Count > 0)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        using ParquetRowGroupWriter group = _writer!.CreateRowGroup();
        foreach (ParquetColumn column in _columns!)
        {
            await column.WriteAsync(group, cancellationToken).ConfigureAwait(false);
        }
    }
}
