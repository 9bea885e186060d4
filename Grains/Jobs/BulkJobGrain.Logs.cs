using Microsoft.Extensions.Logging;

namespace OrleansInference.Grains.Jobs;

/// <content>What it tells operators.</content>
internal sealed partial class BulkJobGrain
{
    [LoggerMessage(
        EventId = 2001,
        Level = LogLevel.Information,
        Message = "Job {Job} runs model {Model} version {Version} over {Input}"
    )]
    private partial void LogStarted(string job, string model, string version, string input);

    [LoggerMessage(
        EventId = 2002,
        Level = LogLevel.Information,
        Message = "Job {Job} has {Shards} shards, {Recovered} of them done before"
    )]
    private partial void LogPrepared(string job, int shards, int recovered);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Information, Message = "Job {Job} is complete: {Rows} rows")]
    private partial void LogCompleted(string job, long rows);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Warning, Message = "Job {Job} failed: {Reason}")]
    private partial void LogFailed(string job, string reason);

    [LoggerMessage(
        EventId = 2005,
        Level = LogLevel.Warning,
        Message = "Job {Job} could not remove its parts in {Folder}"
    )]
    private partial void LogPartsLeft(string job, string folder, Exception exception);

    [LoggerMessage(
        EventId = 2006,
        Level = LogLevel.Debug,
        Message = "Job {Job} could not look at its work and tries again"
    )]
    private partial void LogInterrupted(string job, Exception exception);
}
