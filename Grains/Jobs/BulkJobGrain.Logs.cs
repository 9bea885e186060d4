using Microsoft.Extensions.Logging;

namespace OrleansInference.Grains.Jobs;

/// <content>What it tells operators.</content>
internal sealed partial class BulkJobGrain
{
    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Job {Job} runs model {Model} version {Version} over {Input}"
    )]
    private partial void LogStarted(string job, string model, string version, string input);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Job {Job} has {Shards} shards, {Recovered} of them done before"
    )]
    private partial void LogPrepared(string job, int shards, int recovered);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job} is complete: {Rows} rows")]
    private partial void LogCompleted(string job, long rows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} failed: {Reason}")]
    private partial void LogFailed(string job, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} could not remove its parts in {Folder}: {Reason}")]
    private partial void LogLeft(string job, string folder, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Job {Job} could not look at its work and tries again: {Reason}")]
    private partial void LogInterrupted(string job, string reason);
}
