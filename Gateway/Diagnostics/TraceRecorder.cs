using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// Samples requests by the <see cref="TraceSettings"/> and appends them to the trace file, one JSON array a file as
/// Triton writes it.
/// </summary>
internal sealed partial class TraceRecorder(
    TraceSettings settings,
    IModelCatalog catalog,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<TraceRecorder> logger
) : IDisposable
{
    /// <summary>A trace file does not grow beyond this.</summary>
    private const long MaxBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, long> _seen = new();
    private readonly ConcurrentDictionary<string, long> _taken = new();
    private FileStream? _file;
    private long _lastId;
    private long _written;
    private bool _failed;

    /// <summary>Starts a sample of a request that arrives now; null where it is not sampled.</summary>
    /// <param name="model">The model.</param>
    /// <param name="protocol">HTTP or GRPC, for the names of its first and last step.</param>
    public TraceSample? Begin(string model, string protocol)
    {
        if (options.Value.TraceFile.Length == 0 || !catalog.IsModelReady(model, ""))
        {
            return null;
        }
        IReadOnlyDictionary<string, string[]> inForce = settings.For(model);
        string[] levels = inForce["trace_level"];
        if (levels.Contains("OFF"))
        {
            return null;
        }
        long rate = Number(inForce, "trace_rate");
        long count = Number(inForce, "trace_count");
        if ((_seen.AddOrUpdate(model, 1, (_, seen) => seen + 1) - 1) % rate != 0)
        {
            return null;
        }
        if (count >= 0 && _taken.AddOrUpdate(model, 1, (_, taken) => taken + 1) > count)
        {
            return null;
        }
        return new TraceSample(
            this,
            Interlocked.Increment(ref _lastId),
            model,
            protocol,
            Now,
            Number(inForce, "log_frequency"),
            levels.Contains("TIMESTAMPS"),
            levels.Contains("TENSORS")
        );
    }

    /// <summary>Nanoseconds on the clock of the trace.</summary>
    internal long Now => time.GetUtcNow().Ticks * 100;

    /// <summary>
    /// Appends a sample's JSON objects; with a frequency, to a file of its own for each so many samples. A file that
    /// cannot be written costs no request.
    /// </summary>
    internal void Write(string json, long frequency)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        lock (_lock)
        {
            if (_failed)
            {
                return;
            }
            try
            {
                Append(text, frequency);
            }
            catch (Exception exception)
                when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                // For good: a full disk would otherwise fail, and be logged, with every request.
                _failed = true;
                LogFailed(options.Value.TraceFile, exception);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
        }
    }

    private void Append(byte[] text, long frequency)
    {
        string path = options.Value.TraceFile + (frequency > 0 ? $".{_written / frequency}" : "");
        _written++;
        if (_file?.Name != Path.GetFullPath(path))
        {
            _file?.Dispose();
            _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        }

        if (_file.Length + text.Length > MaxBytes)
        {
            return;
        }
        // The array is closed after every entry, so that the file can be read at any time.
        if (_file.Length > 0)
        {
            _file.Position = _file.Length - 1;
        }
        _file.Write(_file.Position == 0 ? "["u8 : ","u8);
        _file.Write(text);
        _file.Write("]"u8);
        _file.Flush();
    }

    [LoggerMessage(
        EventId = 3005,
        Level = LogLevel.Error,
        Message = "The trace file {Path} cannot be written, nothing more is traced"
    )]
    private partial void LogFailed(string path, Exception exception);

    private static long Number(IReadOnlyDictionary<string, string[]> settings, string name) =>
        long.Parse(settings[name][0], CultureInfo.InvariantCulture);
}
