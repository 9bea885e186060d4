using System.Buffers;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Jobs.Formats.Tests;

public sealed class RowFormatsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("formats").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("npy")]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public async Task MergeAsync_Parts_ReadsBackEveryRowOnceByRange(string name)
    {
        float[] values =
        [
            .. Enumerable.Range(0, 46).Select(i => i / 3f),
            float.NaN,
            float.PositiveInfinity,
            -0f,
            1e-40f,
        ];
        IRowFormat format = RowFormats.Find(name, "", "");
        List<string> parts = [];
        // 25 rows of two, in parts of 10, 10 and 5 rows, each written in two goes.
        foreach (float[] part in values.Chunk(20))
        {
            parts.Add(Path.Combine(_folder, $"part-{parts.Count}"));
            await using FileStream target = new(parts[^1], FileMode.CreateNew, FileAccess.ReadWrite);
            IRowWriter writer = format.Create(target);
            foreach (float[] some in part.Chunk(14))
            {
                await writer.WriteAsync(
                    some.Length / 2,
                    [
                        new OutputColumn(
                            SampleTensor.Floats("y", [some.Length / 2, 2], some),
                            some.Length / 2,
                            isBatched: true
                        ),
                    ],
                    Token
                );
            }
            await writer.CompleteAsync(Token);
        }

        string whole = Path.Combine(_folder, "whole");
        await using (FileStream target = new(whole, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            await format.MergeAsync(parts, target, Token);
        }

        RowColumn[] columns = await format.ReadColumnsAsync(whole, Token);
        BulkInput[] inputs =
        [
            new BulkInput(
                "y",
                TensorDatatype.Fp32,
                [2],
                [.. columns.Select(column => column.Name)],
                [.. columns.Select(column => column.Elements)]
            ),
        ];
        BulkRange[] shards = await format.SplitAsync(whole, 7, Token);
        List<byte> read = [];
        foreach (BulkRange shard in shards)
        {
            await using IRowReader reader = await format.OpenAsync(whole, inputs, shard, Token);
            ArrayBufferWriter<byte>[] contents = [new()];
            while (await reader.ReadAsync(3, contents, Token) > 0) { }
            Assert.Equal(shard.Rows * 8, contents[0].WrittenCount);
            read.AddRange(contents[0].WrittenSpan);
        }

        Assert.Equal(25, shards[^1].End);
        Assert.Equal(values, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(read.ToArray()).ToArray());
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public async Task WriteAsync_Texts_ReadBack(string name)
    {
        string[] texts = ["plain", "", "a,b", "say \"no\"", "two\nlines", " blank ", "Ünïcode ☃", "\\"];
        IRowFormat format = RowFormats.Find(name, "", "");
        string path = Path.Combine(_folder, "texts");
        await using (FileStream target = new(path, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            IRowWriter writer = format.Create(target);
            await writer.WriteAsync(
                texts.Length,
                [new OutputColumn(SampleTensor.Texts("t", texts), texts.Length, isBatched: true)],
                Token
            );
            await writer.CompleteAsync(Token);
        }

        BulkRange[] shards = await format.SplitAsync(path, 100, Token);
        await using IRowReader reader = await format.OpenAsync(
            path,
            [new BulkInput("t", TensorDatatype.Bytes, [1], ["t"], [1])],
            shards.Single(),
            Token
        );
        ArrayBufferWriter<byte>[] contents = [new()];

        Assert.Equal(texts.Length, await reader.ReadAsync(100, contents, Token));
        Assert.Equal(SampleTensor.Texts("t", texts).Data.ToArray(), contents[0].WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData("x\n1\n2.5e3\nmany\n", TensorDatatype.Fp32, "row 2 of", "column 'x' is 'many', which is no FP32")]
    [InlineData("x\n1\n256\n", TensorDatatype.UInt8, "row 1 of", "'256', which is no UINT8")]
    [InlineData("x\n1e999\n", TensorDatatype.Fp32, "row 0 of", "'1e999', which is no FP32")]
    [InlineData("x\n1\n2,3\n", TensorDatatype.Int64, "row 1 of", "it has 2 fields, the header names 1 columns")]
    public async Task ReadAsync_AWrongCsvRow_IsNamed(string text, TensorDatatype datatype, params string[] expected)
    {
        string path = Path.Combine(_folder, "wrong.csv");
        await File.WriteAllTextAsync(path, text, Token);
        IRowFormat format = RowFormats.Find("", path, "");
        BulkRange shard = (await format.SplitAsync(path, 100, Token)).Single();
        await using IRowReader reader = await format.OpenAsync(
            path,
            [new BulkInput("x", datatype, [1], ["x"], [1])],
            shard,
            Token
        );

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            reader.ReadAsync(100, [new()], Token).AsTask()
        );

        Assert.All(expected, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"x\":[1,2]}\n{\"x\":[1]}\n", "row 1 of", "member 'x' has 1 elements, 2 were expected")]
    [InlineData("{\"x\":[1,2]}\n{\"z\":[1,2]}\n", "row 1 of", "it has no member 'x'")]
    [InlineData("{\"x\":[1,2]}\n{\"x\":[1,null]}\n", "row 1 of", "'null', which is no FP32")]
    [InlineData("{\"x\":[1,2]}\n{\"x\":\n", "row 1 of", "it is no JSON")]
    [InlineData("{\"x\":[1,2]}\n[1]\n", "row 1 of", "it is no JSON object")]
    public async Task ReadAsync_AWrongJsonLine_IsNamed(string text, params string[] expected)
    {
        string path = Path.Combine(_folder, "wrong.jsonl");
        await File.WriteAllTextAsync(path, text, Token);
        IRowFormat format = RowFormats.Find("", path, "");
        BulkRange shard = (await format.SplitAsync(path, 100, Token)).Single();
        await using IRowReader reader = await format.OpenAsync(
            path,
            [new BulkInput("x", TensorDatatype.Fp32, [2], ["x"], [2])],
            shard,
            Token
        );

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            reader.ReadAsync(100, [new()], Token).AsTask()
        );

        Assert.All(expected, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SplitAsync_BlankLinesCarriageReturnsAndAByteOrderMark_AreNoRows()
    {
        string path = Path.Combine(_folder, "windows.csv");
        await File.WriteAllTextAsync(path, "\uFEFFx\r\n1\r\n\r\n\"2\"\r\n  \r\n3", Token);
        IRowFormat format = RowFormats.Find("", path, "");

        BulkRange[] shards = await format.SplitAsync(path, 2, Token);

        Assert.Equal("x", (await format.ReadColumnsAsync(path, Token)).Single().Name);
        Assert.Equal([(0, 2), (2, 3)], shards.Select(shard => (shard.Start, shard.End)));
        await using IRowReader reader = await format.OpenAsync(
            path,
            [new BulkInput("x", TensorDatatype.UInt8, [1], ["x"], [1])],
            shards[1],
            Token
        );
        ArrayBufferWriter<byte>[] contents = [new()];
        await reader.ReadAsync(10, contents, Token);
        Assert.Equal([3], contents[0].WrittenSpan.ToArray());
    }

    [Fact]
    public async Task SplitAsync_AQuoteThatIsNeverClosed_IsRefused()
    {
        string path = Path.Combine(_folder, "open.csv");
        await File.WriteAllTextAsync(path, "x\n1\n\"2\n3\n", Token);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            RowFormats.Find("csv", path, "").SplitAsync(path, 2, Token)
        );

        Assert.Contains("never closed", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("npy", TensorDatatype.Bytes, "output 'a' is BYTES, which npy cannot hold")]
    [InlineData("npy", TensorDatatype.Bf16, "output 'a' is BF16, which npy cannot hold")]
    public void CheckOutputs_AnOutputThatTheFormatLacks_IsRefused(string name, TensorDatatype datatype, string expected)
    {
        IRowFormat format = RowFormats.Find(name, "", "");

        InferenceException refusal = Assert.Throws<InferenceException>(() =>
            format.CheckOutputs("m", [new TensorMetadata("a", datatype, [-1])])
        );

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckOutputs_TwoOutputs_AreRefusedByNpyAlone()
    {
        TensorMetadata[] outputs =
        [
            new TensorMetadata("a", TensorDatatype.Fp32, [-1]),
            new TensorMetadata("b", TensorDatatype.Bytes, [-1]),
        ];

        InferenceException refusal = Assert.Throws<InferenceException>(() =>
            RowFormats.Find("npy", "", "").CheckOutputs("m", outputs)
        );

        Assert.Contains("npy holds one output, model 'm' gives a, b", refusal.Message, StringComparison.Ordinal);
        Assert.All(["csv", "jsonl", "parquet"], name => RowFormats.Find(name, "", "").CheckOutputs("m", outputs));
    }

    [Fact]
    public void Find_AnUnknownFormat_NamesThoseAllowed()
    {
        Assert.Contains(
            "allowed: npy, csv, jsonl, parquet",
            Assert.Throws<InferenceException>(() => RowFormats.Find("xls", "a.csv", "input_format")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "set input_format",
            Assert.Throws<InferenceException>(() => RowFormats.Find("", "a.xls", "input_format")).Message,
            StringComparison.Ordinal
        );
    }
}
