using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>Bulk jobs as the gateway offers them.</summary>
internal sealed class BulkJobs(IGrainFactory grains, JobPaths paths) : IBulkJobs
{
    private const int LongestId = 128;

    /// <inheritdoc />
    public Task<BulkJobStatus> StartAsync(string id, BulkJobSpec spec)
    {
        spec = paths.Confine(spec);
        return CallAsync(id.Length > 0 ? id : $"job-{SpecJson.Fingerprint(spec)}", job => job.StartAsync(spec));
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<BulkJobStatus>> ListAsync()
    {
        List<BulkJobStatus> jobs = [];
        // In chunks, because each call may activate a grain and read its state from storage.
        foreach (
            string[] some in (
                await CallAsync(() => grains.GetGrain<IBulkJobIndexGrain>(0).ListAsync()).ConfigureAwait(false)
            ).Chunk(64)
        )
        {
            jobs.AddRange((await Task.WhenAll(some.Select(TryGetAsync)).ConfigureAwait(false)).OfType<BulkJobStatus>());
        }

        return jobs;
    }

    /// <inheritdoc />
    public Task<BulkJobStatus> GetAsync(string id) => CallAsync(id, job => job.GetStatusAsync());

    /// <inheritdoc />
    public Task<BulkJobStatus> WaitAsync(string id, long change) => CallAsync(id, job => job.WaitAsync(change));

    /// <inheritdoc />
    public Task<BulkJobStatus> PauseAsync(string id) => CallAsync(id, job => job.PauseAsync());

    /// <inheritdoc />
    public Task<BulkJobStatus> ResumeAsync(string id) => CallAsync(id, job => job.ResumeAsync());

    /// <inheritdoc />
    public Task<BulkJobStatus> CancelAsync(string id) => CallAsync(id, job => job.CancelAsync());

    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Orleans.Runtime.OrleansException or TimeoutException)
        {
            throw new InferenceException(
                InferenceError.Unavailable,
                $"the silo of the job does not answer; it goes on elsewhere soon ({exception.Message})",
                exception
            );
        }
    }

    private Task<BulkJobStatus> CallAsync(string id, Func<IBulkJobGrain, Task<BulkJobStatus>> call)
    {
        bool valid =
            id.Length is > 0 and <= LongestId
            && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
        if (!valid)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"'{(id.Length > LongestId ? id[..LongestId] + "…" : id)}' is no job id; allowed: 1 to "
                    + $"{LongestId} letters, digits, '.', '-' and '_'"
            );
        }
        return CallAsync(() => call(grains.GetGrain<IBulkJobGrain>(id)));
    }

    private async Task<BulkJobStatus?> TryGetAsync(string id)
    {
        try
        {
            return await CallAsync(() => grains.GetGrain<IBulkJobGrain>(id).GetStatusAsync()).ConfigureAwait(false);
        }
        catch (InferenceException exception) when (exception.Error == InferenceError.NotFound)
        {
            // Storage has forgotten it.
            return null;
        }
    }
}
