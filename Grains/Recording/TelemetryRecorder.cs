using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Engine;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Nodes;
using Parquet.Serialization;

namespace OrleansInference.Grains.Recording;

/// <summary>
/// Writes the requests, answers and state of this node as Parquet files of bounded size. The agent is trained on them.
/// It reads the request log four times a second, off the request path; requests beyond what the log remembers in that
/// time are not recorded.
/// </summary>
internal sealed partial class TelemetryRecorder(
    InferenceEngine engine,
    InputRecorder inputs,
    NodeReporter reporter,
    ClusterNode node,
    IOptions<RecordingOptions> options,
    TimeProvider time,
    ILogger<TelemetryRecorder> logger
) : BackgroundService
{
    private const int MostRows = 200_000;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan NodePeriod = TimeSpan.FromSeconds(1);

    private readonly List<RecordedRequest> _requests = [];
    private readonly List<RecordedNode> _nodes = [];
    private readonly List<RecordedReplica> _replicas = [];
    private long _cursor;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        RecordingOptions recording = options.Value;
        if (recording.Folder.Length == 0)
        {
            return;
        }
        Directory.CreateDirectory(recording.Folder);
        _cursor = engine.Requests.Written;
        LogRecording(
            recording.Folder,
            recording.SampleShare,
            recording.Inputs ? $"inputs of {recording.InputShare:P1} of them" : "no contents"
        );
        long begun = time.GetTimestamp();
        long reported = 0;
        using PeriodicTimer timer = new(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                CollectRequests(recording.SampleShare);
                if (reported == 0 || time.GetElapsedTime(reported) >= NodePeriod)
                {
                    reported = time.GetTimestamp();
                    CollectReport(reporter.Report(""));
                }

                if (time.GetElapsedTime(begun).TotalSeconds < recording.SecondsPerFile && _requests.Count < MostRows)
                {
                    continue;
                }
                begun = time.GetTimestamp();
                await WriteAsync(recording, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // What was taken is kept.
            CollectRequests(recording.SampleShare);
            await WriteAsync(recording, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void CollectRequests(double share)
    {
        foreach ((long number, RequestRecord record) in engine.Requests.Since(ref _cursor))
        {
            if (!EvenSample.Includes(number, share))
            {
                continue;
            }
            InferenceTimings timings = record.Timings;
            TimeSpan total =
                timings.Load + timings.Queue + timings.ComputeInput + timings.ComputeInfer + timings.ComputeOutput;
            _requests.Add(
                new RecordedRequest
                {
                    ArrivedAt = Unix(record.Arrival),
                    Model = record.ModelName,
                    Version = record.ModelVersion,
                    Outcome = record.Outcome.ToString(),
                    Rows = record.Rows,
                    QueueMs = timings.Queue.TotalMilliseconds,
                    RunMs = timings.ComputeInfer.TotalMilliseconds,
                    TotalMs = total.TotalMilliseconds,
                    RowsAhead = record.RowsAhead,
                }
            );
        }
    }

    private void CollectReport(NodeReport report)
    {
        double at = Unix(time.GetUtcNow());
        _nodes.Add(ToRecord(report, at));
        _replicas.AddRange(
            report.Replicas.Select(replica => new RecordedReplica
            {
                At = at,
                Node = node.Name,
                Model = replica.Model,
                Version = replica.Version,
                Requests = replica.Requests,
                Violations = replica.Violations,
                Runs = replica.Runs,
                Rows = replica.Rows,
                RunSeconds = replica.RunSeconds,
                Bytes = replica.Bytes,
                SloMs = replica.SloMs,
                MaxRows = replica.MaxRows,
                MemoryBytes = replica.MemoryBytes,
                RowLimit = replica.Knobs.MaxRows,
                Threads = replica.Knobs.Threads,
                Instances = replica.Knobs.Instances,
            })
        );
    }

    private RecordedNode ToRecord(NodeReport report, double at) =>
        new()
        {
            At = at,
            Node = node.Name,
            Cores = report.Resources.Parallelism,
            CpuShare = report.CpuShare,
            MemoryReserved = report.MemoryReserved,
            LinkMbps = report.Resources.LinkMbps,
            RequestsServed = report.RequestsServed,
            BytesServed = report.BytesServed,
            RequestsForwarded = report.RequestsForwarded,
            BytesForwarded = report.BytesForwarded,
            Models = report.Replicas.Length,
        };

    private async Task WriteAsync(RecordingOptions recording, CancellationToken cancellationToken)
    {
        string stamp = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        try
        {
            await WriteAsync(
                    Path.Combine(recording.Folder, $"requests-{node.Name}-{stamp}.parquet"),
                    _requests,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await WriteAsync(
                    Path.Combine(recording.Folder, $"nodes-{node.Name}-{stamp}.parquet"),
                    _nodes,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await WriteAsync(
                    Path.Combine(recording.Folder, $"replicas-{node.Name}-{stamp}.parquet"),
                    _replicas,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await WriteAsync(
                    Path.Combine(recording.Folder, $"inputs-{node.Name}-{stamp}.parquet"),
                    inputs.Drain(),
                    cancellationToken
                )
                .ConfigureAwait(false);
            Trim(recording);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Recording must not end serving: these rows are lost, the next ones are tried again.
            LogNotWritten(recording.Folder, exception);
        }

        _requests.Clear();
        _nodes.Clear();
        _replicas.Clear();
    }

    private static async Task WriteAsync<T>(string path, List<T> rows, CancellationToken cancellationToken)
        where T : class
    {
        if (rows.Count == 0)
        {
            return;
        }
        // A reader never sees half a file.
        string part = path + ".part";
        await using (FileStream file = File.Create(part))
        {
            await ParquetSerializer
                .SerializeAsync(rows, file, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
        }
        File.Move(part, path);
    }

    private static void Trim(RecordingOptions recording)
    {
        FileInfo[] files =
        [
            .. new DirectoryInfo(recording.Folder)
                .EnumerateFiles("*.parquet")
                .OrderByDescending(file => file.LastWriteTimeUtc),
        ];
        long left = (long)recording.MaxMiB << 20;
        foreach (FileInfo file in files)
        {
            left -= file.Length;
            if (left < 0)
            {
                file.Delete();
            }
        }
    }

    private static double Unix(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    [LoggerMessage(
        EventId = 2028,
        Level = LogLevel.Information,
        Message = "Telemetry is recorded in {Folder}: {Share:P0} of the requests, {Contents}"
    )]
    private partial void LogRecording(string folder, double share, string contents);

    [LoggerMessage(EventId = 2029, Level = LogLevel.Warning, Message = "Telemetry could not be written to {Folder}")]
    private partial void LogNotWritten(string folder, Exception exception);
}
