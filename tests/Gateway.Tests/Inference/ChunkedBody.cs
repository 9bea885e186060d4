namespace OrleansInference.Gateway.Tests.Inference;

/// <summary>A body that arrives in pieces of a given size.</summary>
internal sealed class ChunkedBody(byte[] bytes, int chunk) : MemoryStream(bytes)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
}
