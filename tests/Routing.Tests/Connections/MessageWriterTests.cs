using System.IO.Pipelines;
using OrleansInference.Routing.Connections;

namespace OrleansInference.Routing.Tests.Connections;

public sealed class MessageWriterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(64 * 1024)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(3 * 1024 * 1024)]
    public async Task FlushAsync_MessagesOfThatSize_ArriveInOrder(int size)
    {
        using MemoryStream sent = new();
        using MessageWriter writer = new(sent);
        byte[] message = new byte[size];
        for (int i = 0; i < 5; i++)
        {
            Array.Fill(message, (byte)(i + 1));
            Write(writer, message);
            Write(writer, [0xff]);
        }

        FlushResult flushed = await writer.FlushAsync(Token);

        Assert.False(flushed.IsCanceled);
        Assert.Equal(0, writer.UnflushedBytes);
        byte[] bytes = sent.ToArray();
        Assert.Equal(5 * (size + 1), bytes.Length);
        for (int i = 0; i < 5; i++)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(i * (size + 1), size);
            Assert.Equal(-1, part.IndexOfAnyExcept((byte)(i + 1)));
            Assert.Equal(0xff, bytes[(i + 1) * (size + 1) - 1]);
        }
    }

    [Fact]
    public async Task GetMemory_AfterALargeMessage_HasRoomForTheNext()
    {
        using MemoryStream sent = new();
        using MessageWriter writer = new(sent);
        Write(writer, new byte[600_000]);
        await writer.FlushAsync(Token);

        Assert.InRange(writer.GetMemory(4096).Length, 600_000, 2 * 1024 * 1024);
    }

    [Fact]
    public async Task GetMemory_LongAfterALargeMessage_IsSmallAgain()
    {
        using MemoryStream sent = new();
        using MessageWriter writer = new(sent);
        Write(writer, new byte[600_000]);
        for (int i = 0; i < 200; i++)
        {
            await writer.FlushAsync(Token);
            Write(writer, [1]);
        }
        await writer.FlushAsync(Token);

        Assert.InRange(writer.GetMemory(4096).Length, 4096, MessageWriter.SmallestBlock);
    }

    [Fact]
    public async Task GetMemory_BlockIsFull_IsSentBeforeTheFlush()
    {
        using MemoryStream sent = new();
        using MessageWriter writer = new(sent);
        Write(writer, new byte[600_000]);

        writer.GetMemory(1024 * 1024);

        Assert.Equal(600_000, sent.Length);
        await writer.FlushAsync(Token);
        Assert.Equal(600_000, sent.Length);
    }

    [Fact]
    public async Task FlushAsync_ConnectionBroke_Throws()
    {
        using MessageWriter writer = new(new BrokenStream());
        Write(writer, new byte[600_000]);
        writer.GetMemory(1024 * 1024);

        await Assert.ThrowsAsync<IOException>(async () => await writer.FlushAsync(Token));
    }

    [Fact]
    public async Task CancelPendingFlush_NobodyReads_EndsTheFlush()
    {
        using MessageWriter writer = new(new EndlessStream());
        Write(writer, [1]);
        ValueTask<FlushResult> flush = writer.FlushAsync(Token);
        Assert.False(flush.IsCompleted);

        writer.CancelPendingFlush();

        Assert.True((await flush).IsCanceled);
    }

    [Fact]
    public void Advance_PastTheBlock_Throws()
    {
        using MemoryStream sent = new();
        using MessageWriter writer = new(sent);
        int length = writer.GetMemory(1).Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(length + 1));
    }

    private static void Write(MessageWriter writer, ReadOnlySpan<byte> message)
    {
        message.CopyTo(writer.GetSpan(message.Length));
        writer.Advance(message.Length);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => throw new IOException("broken");
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
