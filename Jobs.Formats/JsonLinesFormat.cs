using System.Text.Json;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// One JSON object a line, whose members are the columns: a number, a text, true or false, or arrays of them.
/// </summary>
internal sealed class JsonLinesFormat : IRowFormat
{
    /// <inheritdoc />
    public string Name => "jsonl";

    /// <inheritdoc />
    public async Task<RowColumn[]> ReadColumnsAsync(string path, CancellationToken cancellationToken)
    {
        await using TextLines lines = TextLines.Open(path, 0, quotes: false);
        if (!await lines.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            throw RowError.Invalid(path, "it is empty; each line must be a JSON object");
        }
        try
        {
            using JsonDocument row = JsonDocument.Parse(lines.Line);
            if (row.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw RowError.Row(path, 0, "it is no JSON object");
            }
            return
            [
                .. row.RootElement.EnumerateObject().Select(member => new RowColumn(member.Name, Shape(member.Value))),
            ];
        }
        catch (JsonException exception)
        {
            throw RowError.Row(path, 0, $"it is no JSON: {exception.Message}");
        }
    }

    /// <inheritdoc />
    public Task<BulkRange[]> SplitAsync(string path, int rowsPerShard, CancellationToken cancellationToken) =>
        LineSplit.SplitAsync(path, quotes: false, hasHeader: false, rowsPerShard, cancellationToken);

    /// <inheritdoc />
    public Task<IRowReader> OpenAsync(
        string path,
        BulkInput[] inputs,
        BulkRange range,
        CancellationToken cancellationToken
    ) => Task.FromResult<IRowReader>(new JsonLinesReader(path, inputs, range));

    /// <inheritdoc />
    public IRowWriter Create(Stream target) => new JsonLinesWriter(target);

    /// <inheritdoc />
    public async Task MergeAsync(IReadOnlyList<string> parts, Stream target, CancellationToken cancellationToken)
    {
        foreach (string part in parts)
        {
            await using FileStream source = File.OpenRead(part);
            await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
        }
    }

    private static long[] Shape(JsonElement value)
    {
        List<long> shape = [];
        for (; value.ValueKind == JsonValueKind.Array; value = value[0])
        {
            shape.Add(value.GetArrayLength());
            if (shape[^1] == 0)
            {
                break;
            }
        }

        return [.. shape];
    }
}
