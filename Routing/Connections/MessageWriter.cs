using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;

namespace OrleansInference.Routing.Connections;

/// <summary>
/// Collects the messages of a connection and sends them: full blocks at once, the rest on a flush. One writer at a time,
/// which writes nothing while a flush is under way, as Orleans does it.
/// </summary>
/// <remarks>
/// Orleans writes a message that does not fit into the first block it is given somewhere else, and copies it. So a block
/// is as large as the messages of late. It is sent while the next message is written, and while it is in the cache.
/// </remarks>
internal sealed class MessageWriter(Stream stream) : PipeWriter, IDisposable
{
    /// <summary>Bytes of a block, as long as messages are small.</summary>
    public const int SmallestBlock = 64 * 1024;

    /// <summary>Bytes of the largest block that is taken before its bytes are there.</summary>
    public const int LargestExpected = 16 * 1024 * 1024;

    /// <summary>Of so many flushes the largest message decides how large blocks are.</summary>
    private const int Remembered = 64;

    private readonly CancellationTokenSource _cancelled = new();
    private Task _sending = Task.CompletedTask;
    private long _beingSent;
    private byte[] _block = [];
    private int _written;
    private int _largest;
    private int _largestBefore;
    private int _flushes;
    private bool _completed;

    /// <inheritdoc />
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc />
    public override long UnflushedBytes => _written + Interlocked.Read(ref _beingSent);

    /// <inheritdoc />
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _block.Length - _written);
        _written += bytes;
        _largest = Math.Max(_largest, bytes);
    }

    /// <inheritdoc />
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        int expected = Math.Max(sizeHint, ExpectedMessage());
        if (_block.Length - _written < Math.Max(expected, 1))
        {
            Take(expected);
        }
        return _block.AsMemory(_written);
    }

    /// <inheritdoc />
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc />
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration both = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(),
            _cancelled
        );
        try
        {
            await _sending.ConfigureAwait(false);
            await stream.WriteAsync(_block.AsMemory(0, _written), _cancelled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new FlushResult(isCanceled: true, isCompleted: false);
        }
        Forget();
        return new FlushResult(isCanceled: false, isCompleted: false);
    }

    /// <inheritdoc />
    // For good: what was sent in part cannot be continued, and only the end of the connection cancels a flush.
    public override void CancelPendingFlush()
    {
        if (!_completed)
        {
            _cancelled.Cancel();
        }
    }

    /// <inheritdoc />
    public override void Complete(Exception? exception = null)
    {
        if (_completed)
        {
            return;
        }
        _completed = true;
        // A block that is still being sent returns by itself.
        Return(_block);
        _block = [];
        _written = 0;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Complete();
        _cancelled.Dispose();
    }

    private int ExpectedMessage()
    {
        int largest = Math.Max(_largest, _largestBefore);
        return largest < SmallestBlock / 2 ? 0 : Math.Min(largest, LargestExpected);
    }

    private void Take(int bytes)
    {
        if (_written > 0)
        {
            _sending = SendAsync(_sending, _block, _written);
        }
        else
        {
            Return(_block);
        }
        // Rounded up: the frame's prefix and header, which come before the largest part of a message, have room too.
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(bytes, SmallestBlock));
        _block = ArrayPool<byte>.Shared.Rent((int)Math.Min(size, (uint)Array.MaxLength));
        _written = 0;
    }

    /// <summary>Sends a full block after those before it, and returns it to the pool.</summary>
    private async Task SendAsync(Task before, byte[] block, int length)
    {
        Interlocked.Add(ref _beingSent, length);
        try
        {
            await before.ConfigureAwait(false);
            await stream.WriteAsync(block.AsMemory(0, length), _cancelled.Token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _beingSent, -length);
            Return(block);
        }
    }

    /// <summary>Lets go of what was sent; a large block too, which an idle connection must not hold.</summary>
    private void Forget()
    {
        _sending = Task.CompletedTask;
        if (_block.Length > SmallestBlock)
        {
            Return(_block);
            _block = [];
        }
        _written = 0;
        if (++_flushes == Remembered)
        {
            _flushes = 0;
            _largestBefore = _largest;
            _largest = 0;
        }
    }

    private static void Return(byte[] block)
    {
        if (block.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
