using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// Apache Parquet with flat columns; an output with more than one element a row takes several. A shard is a run of
/// whole row groups, since a group can only be read as one.
/// </summary>
internal sealed class ParquetFormat : IRowFormat
{
    /// <inheritdoc />
    public string Name => "parquet";

    /// <summary>Opens a file.</summary>
    /// <exception cref="InferenceException">It is none.</exception>
    public static async Task<ParquetReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await ParquetReader.CreateAsync(path, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception
                    is not (
                        OperationCanceledException
                        or UnauthorizedAccessException
                        or FileNotFoundException
                        or DirectoryNotFoundException
                    )
            )
        {
            // The library has many kinds of exception for bytes that are no Parquet.
            throw RowError.Invalid(path, $"it is no Parquet file: {exception.Message}");
        }
    }

    /// <inheritdoc />
    public async Task<RowColumn[]> ReadColumnsAsync(string path, CancellationToken cancellationToken)
    {
        await using ParquetReader reader = await OpenAsync(path, cancellationToken).ConfigureAwait(false);
        return
        [
            .. reader
                .Schema.GetDataFields()
                .Where(field => ParquetColumn.Create(field) is not null)
                .Select(field => new RowColumn(field.Path.ToString(), [])),
        ];
    }

    /// <inheritdoc />
    public async Task<BulkRange[]> SplitAsync(string path, int rowsPerShard, CancellationToken cancellationToken)
    {
        await using ParquetReader reader = await OpenAsync(path, cancellationToken).ConfigureAwait(false);
        ShardList shards = new();
        long rows = 0;
        int first = 0;
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(i);
            rows += group.RowCount;
            // A row group is the least that can be read: shards end where one ends.
            if (rows < rowsPerShard)
            {
                continue;
            }
            shards.Add(rows, first);
            rows = 0;
            first = i + 1;
        }

        shards.Add(rows, first);
        return shards.ToArray();
    }

    /// <inheritdoc />
    public async Task<IRowReader> OpenAsync(
        string path,
        BulkInput[] inputs,
        BulkRange range,
        CancellationToken cancellationToken
    ) => new ParquetRows(path, await OpenAsync(path, cancellationToken).ConfigureAwait(false), inputs, range);

    /// <inheritdoc />
    public IRowWriter Create(Stream target) => new ParquetRowWriter(target);

    /// <inheritdoc />
    public async Task MergeAsync(IReadOnlyList<string> parts, Stream target, CancellationToken cancellationToken)
    {
        ParquetWriter? writer = null;
        ParquetSchema? schema = null;
        try
        {
            foreach (string part in parts)
            {
                await using ParquetReader reader = await OpenAsync(part, cancellationToken).ConfigureAwait(false);
                schema ??= reader.Schema;
                if (!schema.Equals(reader.Schema))
                {
                    throw RowError.Invalid(
                        part,
                        "its columns are not those of the parts before it: the model's output has another size "
                            + "for these rows; write jsonl instead"
                    );
                }
                writer ??= await ParquetWriter
                    .CreateAsync(schema, target, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                for (int i = 0; i < reader.RowGroupCount; i++)
                {
                    await CopyAsync(reader, i, schema, writer, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (writer is not null)
            {
                await writer.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task CopyAsync(
        ParquetReader reader,
        int index,
        ParquetSchema schema,
        ParquetWriter writer,
        CancellationToken cancellationToken
    )
    {
        using ParquetRowGroupReader from = reader.OpenRowGroupReader(index);
        using ParquetRowGroupWriter to = writer.CreateRowGroup();
        foreach (DataField field in schema.GetDataFields())
        {
            ParquetColumn column = ParquetColumn.Create(field)!;
            await column.ReadAsync(from, cancellationToken).ConfigureAwait(false);
            await column.WriteAsync(to, cancellationToken).ConfigureAwait(false);
        }
    }
}
