using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace OrleansInference.Gateway.Hosting;

/// <summary>Gives Kestrel's listeners their memory.</summary>
internal sealed class BlockPoolFactory : IMemoryPoolFactory<byte>
{
    /// <inheritdoc />
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();
}
