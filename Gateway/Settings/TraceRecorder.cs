using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansInference.Gateway.Settings;

/// <summary>Picks the requests that <see cref="TraceSettings"/> ask for and appends them to the trace file, one JSON array a file as Triton writes it.</summary>
internal sealed partial class TraceRecorder(TraceSettings settings, IOptions<GatewayOptions> options, TimeProvider time, ILogger<TraceRecorder> logger) : IDisposable
{
    /// <summary>A trace file does not grow beyond this.</summary>
    private const long MaxBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, long> _seen = new();
    private readonly ConcurrentDictionary<string, long> _taken = new();
    private FileStream? _file;
    private long _lastId;
    private bool _failed;

    /// <summary>Starts a sample of a request that arrives now; null where it is not picked.</summary>
    public TraceSample? Begin(string model)
    {
        if (options.Value.TraceFile.Length == 0) return null;
        IReadOnlyDictionary<string, string[]> inForce = settings.Of(model);
        if (!inForce["trace_level"].Contains("TIMESTAMPS")) return null;
        long rate = Number(inForce, "trace_rate"), count = Number(inForce, "trace_count");
        if ((_seen.AddOrUpdate(model, 1, (_, seen) => seen + 1) - 1) % rate != 0) return null;
        if (count >= 0 && _taken.AddOrUpdate(model, 1, (_, taken) => taken + 1) > count) return null;
        return new TraceSample(this, Interlocked.Increment(ref _lastId), model, Now);
    }

    /// <summary>Nanoseconds on the clock of the trace.</summary>
    internal long Now => time.GetUtcNow().Ticks * 100;

    /// <summary>Appends a sample's JSON objects.</summary>
    internal void Write(string json)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        lock (_lock)
        {
            if (_failed) return;
            try
            {
                Append(text);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A request does not fail because its trace cannot be kept; it is said once.
                _failed = true;
                LogFailure(logger, options.Value.TraceFile, exception);
            }
        }
    }

    private void Append(byte[] text)
    {
        _file ??= new FileStream(options.Value.TraceFile, FileMode.Create, FileAccess.Write, FileShare.Read);
        if (_file.Length + text.Length > MaxBytes) return;
        // The array is closed after every entry, so that the file can be read at any time.
        if (_file.Length > 0) _file.Position = _file.Length - 1;
        _file.Write(_file.Position == 0 ? "["u8 : ","u8);
        _file.Write(text);
        _file.Write("]"u8);
        _file.Flush();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_lock) _file?.Dispose();
    }

    private static long Number(IReadOnlyDictionary<string, string[]> settings, string name) => long.Parse(settings[name][0], CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Error, Message = "The trace file {File} cannot be written; nothing more is traced")]
    private static partial void LogFailure(ILogger logger, string file, Exception exception);
}
