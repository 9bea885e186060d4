namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>An object in the system's shared memory, as a client makes it; gone with the test.</summary>
internal sealed class SharedMemoryFile : IDisposable
{
    private readonly string _path;

    public SharedMemoryFile(byte[] contents)
    {
        Key = $"/gateway-tests-{Guid.NewGuid():N}";
        _path = "/dev/shm" + Key;
        File.WriteAllBytes(_path, contents);
    }

    /// <summary>What clients register.</summary>
    public string Key { get; }

    /// <summary>The contents now.</summary>
    public byte[] Contents => File.ReadAllBytes(_path);

    /// <summary>Does what a hostile client would.</summary>
    public void Truncate(long length)
    {
        using FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }

    public void Dispose() => File.Delete(_path);
}
