using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Knows the job that was started last, and what was asked of it.</summary>
internal sealed class FakeBulkJobs : IBulkJobs
{
    /// <summary>The job.</summary>
    public BulkJobStatus? Job { get; private set; }

    public Task<BulkJobStatus> StartAsync(string id, BulkJobSpec spec) =>
        Set(
            new BulkJobStatus
            {
                Id = id.Length > 0 ? id : "made-up",
                Spec = spec,
                State = BulkJobState.Preparing,
                ModelVersion = "3",
                Change = 1,
            }
        );

    public Task<IReadOnlyList<BulkJobStatus>> ListAsync() =>
        Task.FromResult<IReadOnlyList<BulkJobStatus>>(Job is null ? [] : [Job]);

    public Task<BulkJobStatus> GetAsync(string id) =>
        Job?.Id == id
            ? Task.FromResult(Job)
            : throw new InferenceException(InferenceError.NotFound, $"there is no job '{id}'");

    public async Task<BulkJobStatus> WaitAsync(string id, long change) =>
        await Set(await GetAsync(id) with { Change = change + 1 });

    public async Task<BulkJobStatus> PauseAsync(string id) =>
        await Set(await GetAsync(id) with { State = BulkJobState.Paused });

    public async Task<BulkJobStatus> ResumeAsync(string id) =>
        await Set(
            await GetAsync(id) with
            {
                State = BulkJobState.Running,
                Rows = 10,
                RowsDone = 4,
                Shards = 5,
                ShardsDone = 2,
                ShardsRunning = 1,
            }
        );

    public async Task<BulkJobStatus> CancelAsync(string id) =>
        await Set(await GetAsync(id) with { State = BulkJobState.Cancelled, Ended = DateTimeOffset.UnixEpoch });

    private Task<BulkJobStatus> Set(BulkJobStatus job) => Task.FromResult(Job = job);
}
