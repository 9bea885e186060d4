using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.SharedMemory;

/// <summary>
/// The system shared memory that clients on this machine registered. It is read and written through its file handle,
/// not mapped (ADR 7). A client that shortens its object gets an error; a mapping would end this process.
/// </summary>
internal sealed class SharedMemoryRegions(IOptions<GatewayOptions> options) : IDisposable
{
    private const string Folder = "/dev/shm";

    /// <summary>Prefix of the regions that NVIDIA Triton, another server on this machine, keeps to itself.</summary>
    private const string ReservedPrefix = "triton_python_backend_shm_region_";

    private readonly ConcurrentDictionary<string, SharedMemoryRegion> _regions = new();

    /// <summary>Whether regions may be registered and used.</summary>
    public bool IsAllowed => options.Value.AllowSharedMemory;

    /// <summary>All regions, or the one called <paramref name="name"/>.</summary>
    /// <exception cref="InferenceException">There is none of this name.</exception>
    public IReadOnlyList<SharedMemoryRegion> Status(string name)
    {
        if (name.Length == 0)
        {
            return [.. _regions.Values.OrderBy(region => region.Name, StringComparer.Ordinal)];
        }
        return [_regions.GetValueOrDefault(name) ?? throw Missing(name)];
    }

    /// <summary>Registers a region.</summary>
    /// <exception cref="InferenceException">It is not allowed, not from this machine, not there, or too
    /// small.</exception>
    public void Register(string name, string key, long offset, long byteSize, IPAddress? client)
    {
        RequireAllowed();
        if (client is not null && !IPAddress.IsLoopback(client))
        {
            throw Invalid(
                $"failed to register shared memory region '{name}': only clients on this machine can share its memory"
            );
        }
        if (name.Length == 0)
        {
            throw Invalid("failed to register shared memory region: its name is empty");
        }
        if (key.TrimStart('/').StartsWith(ReservedPrefix, StringComparison.Ordinal))
        {
            throw Invalid(
                $"cannot register shared memory region '{name}' with key '{key}' as the key contains the "
                    + $"reserved prefix '{ReservedPrefix}'"
            );
        }
        if (
            key.Length < 2
            || key[0] != '/'
            || key.IndexOf('/', 1) >= 0
            || key is "/." or "/.."
            || key.Contains('\0', StringComparison.Ordinal)
        )
        {
            throw Invalid(
                $"cannot register shared memory region '{name}' - invalid shm key '{key}': it must be "
                    + $"'/NAME' without further slashes"
            );
        }
        if (_regions.ContainsKey(name))
        {
            throw Exists(name);
        }
        SafeFileHandle file = Open(key);
        SharedMemoryRegion region = new(name, key, offset, byteSize, file);
        long length = Length(file);
        if (offset < 0 || byteSize <= 0 || offset > length || byteSize > length - offset)
        {
            file.Dispose();
            throw Invalid(
                $"failed to register shared memory region '{name}': invalid args: {byteSize} bytes from "
                    + $"{offset} on are not within the {length} bytes of '{key}'"
            );
        }

        // Another client may have registered the name since it was looked up.
        if (_regions.TryAdd(name, region))
        {
            return;
        }
        file.Dispose();
        throw Exists(name);
    }

    /// <summary>Unregisters a region, or all for an empty name. An unknown name is no error.</summary>
    /// <exception cref="InferenceException">Shared memory is not allowed.</exception>
    public void Unregister(string name)
    {
        RequireAllowed();
        Forget(name);
    }

    private void Forget(string name)
    {
        foreach (string one in name.Length == 0 ? _regions.Keys : [name])
        {
            if (_regions.TryRemove(one, out SharedMemoryRegion? region))
            {
                region.File.Dispose();
            }
        }
    }

    /// <summary>Copies a range into pooled memory.</summary>
    /// <exception cref="InferenceException">There is no such range, or the client has shortened it.</exception>
    public TensorBuffer Read(SharedMemoryRange range)
    {
        SharedMemoryRegion region = Find(range);
        if (range.ByteSize > options.Value.MaxRequestBodyBytes)
        {
            throw new InferenceException(
                InferenceError.PayloadTooLarge,
                $"{range.ByteSize} bytes of shared memory region '{range.Region}' are more than "
                    + $"{options.Value.MaxRequestBodyBytes} (Gateway:MaxRequestBodyBytes)"
            );
        }
        TensorBuffer buffer = TensorBuffer.Rent((int)range.ByteSize);
        try
        {
            int read = 0;
            while (read < buffer.Length)
            {
                int more = RandomAccess.Read(region.File, buffer.Span[read..], region.Offset + range.Offset + read);
                if (more == 0)
                {
                    throw Invalid($"shared memory region '{range.Region}' has become shorter than it was registered");
                }
                read += more;
            }

            return buffer;
        }
        catch (Exception exception)
        {
            buffer.Dispose();
            throw exception is IOException or ObjectDisposedException
                ? Invalid($"shared memory region '{range.Region}' cannot be read: {exception.Message}")
                : exception;
        }
    }

    /// <summary>Writes an output into a range.</summary>
    /// <exception cref="InferenceException">It does not fit.</exception>
    public void Write(SharedMemoryRange range, Tensor output)
    {
        SharedMemoryRegion region = Find(range);
        if (output.ByteLength > range.ByteSize)
        {
            throw Invalid(
                $"shared memory size specified with the request for output '{output.Name}' ({range.ByteSize} "
                    + $"bytes) should be at least {output.ByteLength} bytes to hold the results"
            );
        }
        try
        {
            // Writing beyond the end would make the client's object longer.
            if (RandomAccess.GetLength(region.File) < region.Offset + range.Offset + output.ByteLength)
            {
                throw Invalid($"shared memory region '{range.Region}' has become shorter than it was registered");
            }
            RandomAccess.Write(region.File, output.Data.Span, region.Offset + range.Offset);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw Invalid($"shared memory region '{range.Region}' cannot be written: {exception.Message}");
        }
    }

    /// <summary>Throws where shared memory is not allowed.</summary>
    /// <exception cref="InferenceException">It is not.</exception>
    public void RequireAllowed()
    {
        if (!IsAllowed)
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                "Client shared memory is disabled; send tensors in the request, or start the server with "
                    + "--Gateway:AllowSharedMemory=true"
            );
        }
    }

    /// <inheritdoc />
    public void Dispose() => Forget("");

    /// <summary>The object's length; 0 for what has none, such as a pipe.</summary>
    private static long Length(SafeFileHandle file)
    {
        try
        {
            return RandomAccess.GetLength(file);
        }
        catch (NotSupportedException)
        {
            return 0;
        }
    }

    private static SafeFileHandle Open(string key)
    {
        string path = Path.Combine(Folder, key[1..]);
        try
        {
            SafeFileHandle file = File.OpenHandle(
                path,
                FileMode.Open,
                FileAccess.ReadWrite,
                // Its client has it open for writing, and may remove it while it is registered.
                FileShare.ReadWrite | FileShare.Delete
            );
            if (IsItself(file, path))
            {
                return file;
            }
            file.Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Told like a region that is not there.
        }

        throw new InferenceException(InferenceError.Internal, $"Unable to open shared memory region: '{key}'");
    }

    /// <summary>
    /// Whether what was opened is a plain file in its place: a link could lead to any file that this process may write.
    /// </summary>
    private static bool IsItself(SafeFileHandle file, string path)
    {
        // Asked of what was opened: a look at the path before could be outrun by a link put there.
        string? opened = new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget;
        return opened == path
            && (
                File.GetAttributes(path)
                & (FileAttributes.ReparsePoint | FileAttributes.Directory | FileAttributes.Device)
            ) == 0;
    }

    private SharedMemoryRegion Find(SharedMemoryRange range)
    {
        RequireAllowed();
        SharedMemoryRegion region = _regions.GetValueOrDefault(range.Region) ?? throw Missing(range.Region);
        if (range.Offset < 0 || range.Offset >= region.ByteSize)
        {
            throw Invalid(
                $"Invalid offset for shared memory region: '{range.Region}': {range.Offset} is not within "
                    + $"its {region.ByteSize} bytes"
            );
        }
        if (range.ByteSize > long.MaxValue - range.Offset)
        {
            throw Invalid(
                $"Integer overflow detected: byte_size ({range.ByteSize}) + offset ({range.Offset}) is "
                    + $"more than can be counted"
            );
        }
        if (range.ByteSize < 0 || range.ByteSize > region.ByteSize - range.Offset)
        {
            throw Invalid(
                $"Invalid offset + byte size for shared memory region: '{range.Region}': {range.ByteSize} "
                    + $"bytes from {range.Offset} on are not within its {region.ByteSize} bytes"
            );
        }

        return region;
    }

    private static InferenceException Missing(string name) =>
        new(InferenceError.NotFound, $"Unable to find shared memory region: '{name}'");

    private static InferenceException Exists(string name) =>
        Invalid($"shared memory region '{name}' already in manager");

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
