using Microsoft.Win32.SafeHandles;

namespace OrleansInference.Gateway.SharedMemory;

/// <summary>A registered region of the system's shared memory.</summary>
/// <param name="Name">What requests call it.</param>
/// <param name="Key">The system's name, <c>/NAME</c>.</param>
/// <param name="Offset">Where it begins in the system's object.</param>
/// <param name="ByteSize">Its bytes.</param>
/// <param name="File">The object, open.</param>
internal sealed record SharedMemoryRegion(string Name, string Key, long Offset, long ByteSize, SafeFileHandle File);
