using System.Buffers;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>Reads rows of a NumPy array into the one input.</summary>
internal sealed class NpyReader(string path, NpyHeader header, BulkRange range) : IRowReader
{
    private readonly FileStream _file = new(
        path,
        FileMode.Open,
        FileAccess.Read,
        FileShare.Read,
        bufferSize: 0,
        FileOptions.Asynchronous
    )
    {
        Position = header.Length + (range.Start * header.RowBytes),
    };
    private long _row = range.Start;

    /// <inheritdoc />
    public async ValueTask<int> ReadAsync(
        int rows,
        ArrayBufferWriter<byte>[] inputs,
        CancellationToken cancellationToken
    )
    {
        rows = (int)Math.Min(rows, range.End - _row);
        int bytes = checked((int)(rows * header.RowBytes));
        if (rows == 0)
        {
            return 0;
        }
        int read = await _file
            .ReadAtLeastAsync(inputs[0].GetMemory(bytes)[..bytes], bytes, throwOnEndOfStream: false, cancellationToken)
            .ConfigureAwait(false);
        if (read < bytes)
        {
            throw RowError.Row(path, _row + (read / header.RowBytes), "it is missing: the file has become shorter");
        }
        inputs[0].Advance(bytes);
        _row += rows;
        return rows;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
