using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// Comma-separated values (RFC 4180) in UTF-8 with a line of column names; an output with more than one element a row
/// takes several columns.
/// </summary>
internal sealed class CsvFormat : IRowFormat
{
    /// <inheritdoc />
    public string Name => "csv";

    /// <inheritdoc />
    public async Task<RowColumn[]> ReadColumnsAsync(string path, CancellationToken cancellationToken)
    {
        await using TextLines lines = TextLines.Open(path, 0, quotes: true);
        if (!await lines.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            throw RowError.Invalid(path, "it is empty; the first line must name the columns");
        }
        CsvFields fields = new();
        fields.Read(lines.Line.Span);
        string[] names =
        [
            .. Enumerable.Range(0, fields.Count).Select(i => System.Text.Encoding.UTF8.GetString(fields[i])),
        ];
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw RowError.Invalid(path, $"two columns are called '{twice.Key}'");
        }
        return [.. names.Select(name => new RowColumn(name, []))];
    }

    /// <inheritdoc />
    public Task<BulkRange[]> SplitAsync(string path, int rowsPerShard, CancellationToken cancellationToken) =>
        LineSplit.SplitAsync(path, quotes: true, hasHeader: true, rowsPerShard, cancellationToken);

    /// <inheritdoc />
    public async Task<IRowReader> OpenAsync(
        string path,
        BulkInput[] inputs,
        BulkRange range,
        CancellationToken cancellationToken
    ) =>
        new CsvReader(
            path,
            inputs,
            range,
            [.. (await ReadColumnsAsync(path, cancellationToken).ConfigureAwait(false)).Select(column => column.Name)]
        );

    /// <inheritdoc />
    public IRowWriter Create(Stream target) => new CsvWriter(target);

    /// <inheritdoc />
    public async Task MergeAsync(IReadOnlyList<string> parts, Stream target, CancellationToken cancellationToken)
    {
        byte[]? header = null;
        foreach (string part in parts)
        {
            await using FileStream source = File.OpenRead(part);
            byte[] head = await HeadAsync(source, cancellationToken).ConfigureAwait(false);
            if (header is null)
            {
                await target.WriteAsync(head, cancellationToken).ConfigureAwait(false);
            }
            else if (!header.AsSpan().SequenceEqual(head))
            {
                throw RowError.Invalid(
                    part,
                    "its columns are not those of the parts before it: the model's output has another size "
                        + "for these rows; write jsonl instead"
                );
            }
            header ??= head;
            await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The line of names, after which the stream then stands.</summary>
    private static async Task<byte[]> HeadAsync(FileStream source, CancellationToken cancellationToken)
    {
        await using TextLines lines = TextLines.Open(source.Name, 0, quotes: true);
        await lines.NextAsync(cancellationToken).ConfigureAwait(false);
        byte[] head = [.. lines.Line.Span, (byte)'\n'];
        source.Position = head.Length;
        return head;
    }
}
