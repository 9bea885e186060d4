using System.Buffers;
using System.Runtime.InteropServices;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats.Tests;

/// <summary>
/// Files as other programs write them: columns that may be null, of other types than the model's, in several row
/// groups.
/// </summary>
public sealed class ParquetRowsTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task ReadAsync_NullableColumnsOfOtherTypes_AreConverted()
    {
        await WriteAsync([1, 2], [3, 4], [5]);

        RowColumn[] columns = await new ParquetFormat().ReadColumnsAsync(_path, Token);
        BulkRange[] shards = await new ParquetFormat().SplitAsync(_path, 3, Token);
        float[] rows = await ReadAsync(shards[0]);
        float[] rest = await ReadAsync(shards[1]);

        Assert.Equal(["n", "w"], columns.Select(column => column.Name));
        Assert.Equal([(0L, 4L, 0L), (4L, 5L, 2L)], shards.Select(shard => (shard.Start, shard.End, shard.Offset)));
        Assert.Equal([1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 4.5f], rows);
        Assert.Equal([5, 5.5f], rest);
    }

    [Fact]
    public async Task ReadAsync_ANull_IsNamed()
    {
        await WriteAsync([1, 2], [3, null]);
        BulkRange shard = (await new ParquetFormat().SplitAsync(_path, 100, Token)).Single();

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() => ReadAsync(shard));

        Assert.Contains("row 3 of", exception.Message, StringComparison.Ordinal);
        Assert.Contains("column 'n' is 'null', which is no FP32", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadColumnsAsync_NoParquet_IsRefused()
    {
        await File.WriteAllTextAsync(_path, "x,y\n1,2\n", Token);

        Assert.Contains(
            "it is no Parquet file",
            (
                await Assert.ThrowsAsync<InferenceException>(() => new ParquetFormat().ReadColumnsAsync(_path, Token))
            ).Message,
            StringComparison.Ordinal
        );
    }

    private async Task<float[]> ReadAsync(BulkRange shard)
    {
        await using IRowReader reader = await new ParquetFormat().OpenAsync(
            _path,
            [new BulkInput("x", TensorDatatype.Fp32, [2], ["n", "w"], [1, 1])],
            shard,
            Token
        );
        ArrayBufferWriter<byte>[] contents = [new()];
        while (await reader.ReadAsync(3, contents, Token) > 0) { }
        return MemoryMarshal.Cast<byte, float>(contents[0].WrittenSpan).ToArray();
    }

    /// <summary>A row group for each list: n, an INT64 that may be null, and w = n + 0.5 as a double.</summary>
    private async Task WriteAsync(params long?[][] groups)
    {
        DataField n = new("n", typeof(long), isNullable: true);
        DataField w = new("w", typeof(double), isNullable: false);
        await using FileStream target = new(_path, FileMode.Create, FileAccess.ReadWrite);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(
            new ParquetSchema(n, w),
            target,
            cancellationToken: Token
        );
        foreach (long?[] rows in groups)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<long>(n, rows.AsMemory(), null, null, Token);
            await group.WriteAsync<double>(
                w,
                rows.Select(row => (row ?? 0) + 0.5).ToArray().AsMemory(),
                null,
                null,
                Token
            );
        }
    }
}
