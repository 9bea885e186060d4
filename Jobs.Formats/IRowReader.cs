using System.Buffers;

namespace OrleansInference.Jobs.Formats;

/// <summary>Reads the rows of one shard in order.</summary>
public interface IRowReader : IAsyncDisposable
{
    /// <summary>
    /// Appends up to <paramref name="rows"/> rows to <paramref name="inputs"/>, one buffer for each input of the model,
    /// as raw tensor contents; returns how many, 0 at the shard's end.
    /// </summary>
    ValueTask<int> ReadAsync(int rows, ArrayBufferWriter<byte>[] inputs, CancellationToken cancellationToken);
}
