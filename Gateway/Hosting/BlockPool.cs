using System.Buffers;
using System.Collections.Concurrent;

namespace OrleansInference.Gateway.Hosting;

/// <summary>
/// Memory that connections read into and answer from, in pinned blocks of <see cref="BlockSize"/> bytes. Kestrel's own
/// are 4 KB, and it asks the kernel twice for each: a tensor of 600 KB would take 300 calls. A connection that waits for
/// its next request holds none.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 64 * 1024;

    /// <summary>Blocks kept for the next connections, at most 64 MB; more are left to garbage collection.</summary>
    public const int Kept = 64 * 1024 * 1024 / BlockSize;

    private readonly ConcurrentQueue<Block> _free = new();
    private int _count;

    /// <inheritdoc />
    public override int MaxBufferSize => BlockSize;

    /// <inheritdoc />
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="BlockSize"/> bytes are asked for.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (_free.TryDequeue(out Block? block))
        {
            Interlocked.Decrement(ref _count);
            return block;
        }
        return new Block(this);
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _count) > Kept)
        {
            Interlocked.Decrement(ref _count);
            return;
        }
        _free.Enqueue(block);
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        // The kernel writes into it, so that it must not move.
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);

        public void Dispose() => pool.Return(this);
    }
}
