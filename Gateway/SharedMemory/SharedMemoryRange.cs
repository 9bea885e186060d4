namespace OrleansInference.Gateway.SharedMemory;

/// <summary>A part of a registered region.</summary>
/// <param name="Region">The region's name.</param>
/// <param name="Offset">Bytes from the region's start.</param>
/// <param name="ByteSize">Bytes.</param>
internal sealed record SharedMemoryRange(string Region, long Offset, long ByteSize);
