using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OrleansInference.Gateway.Access;

/// <summary>
/// The keys of a file, which is read again when it has changed. One that cannot be read leaves the earlier keys valid.
/// </summary>
internal sealed partial class ApiKeyFile
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeyFile> _logger;
    private readonly Lock _lock = new();
    private ApiKey[] _keys;
    private (DateTime Written, long Length) _stamp;
    private long _looked;

    /// <summary>Reads the file.</summary>
    /// <exception cref="FormatException">A line is wrong; the message names the file and the line, never a
    /// key.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ApiKeyFile(string path, TimeProvider time, ILogger<ApiKeyFile> logger)
    {
        _path = path;
        _time = time;
        _logger = logger;
        _stamp = Stamp();
        _keys = Read();
        _looked = time.GetTimestamp();
    }

    /// <summary>
    /// Finds the caller that a key belongs to; null for none. It takes the same time for every key, so that timing says
    /// nothing about keys.
    /// </summary>
    public Caller? Find(string key)
    {
        Refresh();
        Span<byte> hash = ApiKey.HashOf(key);
        Caller? found = null;
        // All are compared, each in constant time: how long it takes says nothing of which one fits.
        foreach (ApiKey known in Volatile.Read(ref _keys))
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known.Hash))
            {
                found = known.Caller;
            }
        }

        return found;
    }

    /// <summary>Whether there is still a key of that name (<see cref="AccessControl.NameOf"/>).</summary>
    public bool Knows(string name)
    {
        Refresh();
        return Array.Exists(
            Volatile.Read(ref _keys),
            key => Convert.ToHexStringLower(key.Hash).StartsWith(name, StringComparison.Ordinal)
        );
    }

    /// <summary>
    /// Reads the file again if it has changed, at most once a second. A watcher would miss mounted secrets, which are
    /// replaced by a link.
    /// </summary>
    private void Refresh()
    {
        // One caller looks at the file; the others go on with the keys that there are.
        if (_time.GetElapsedTime(Volatile.Read(ref _looked)) < Period || !_lock.TryEnter())
        {
            return;
        }
        try
        {
            Volatile.Write(ref _looked, _time.GetTimestamp());
            (DateTime Written, long Length) stamp = Stamp();
            if (stamp == _stamp)
            {
                return;
            }
            _stamp = stamp;
            ApiKey[] keys = Read();
            Volatile.Write(ref _keys, keys);
            LogRead(_path, keys.Length);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            LogKept(exception);
        }
        finally
        {
            _lock.Exit();
        }
    }

    private (DateTime Written, long Length) Stamp()
    {
        FileInfo file = new(_path);
        // A link may be turned to another file: that file's time and length count.
        FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        return (target.LastWriteTimeUtc, target is FileInfo { Exists: true } real ? real.Length : -1);
    }

    private ApiKey[] Read()
    {
        try
        {
            return ApiKey.ReadAll(File.ReadLines(_path));
        }
        catch (FormatException exception)
        {
            throw new FormatException($"API key file {_path}: {exception.Message}");
        }
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Read {Path} again: {Count} API keys.")]
    private partial void LogRead(string path, int count);

    [LoggerMessage(
        EventId = 3002,
        Level = LogLevel.Error,
        Message = "The API keys cannot be read again, and those read before stay valid"
    )]
    private partial void LogKept(Exception exception);
}
