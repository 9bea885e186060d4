using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Tests.Jobs;

/// <summary>What tests of jobs share.</summary>
internal static class JobTesting
{
    public static Dictionary<string, string?> Settings(string root) =>
        new()
        {
            ["Jobs:Root"] = root,
            ["Jobs:PeriodMilliseconds"] = "20",
            ["Jobs:ResumePeriodMilliseconds"] = "100",
        };

    public static bool HasEnded(BulkJobStatus status) =>
        status.State is BulkJobState.Completed or BulkJobState.Failed or BulkJobState.Cancelled;

    /// <summary>Follows a job's changes until it stands as wanted.</summary>
    public static async Task<BulkJobStatus> UntilAsync(IBulkJobGrain job, Func<BulkJobStatus, bool> wanted)
    {
        BulkJobStatus status = await job.GetStatusAsync();
        while (!wanted(status))
        {
            Assert.False(HasEnded(status), $"the job is {status.State}: {status.Error}");
            try
            {
                status = await job.WaitAsync(status.Change).WaitAsync(TestContext.Current.CancellationToken);
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                // The silo that was asked is gone; the next call finds the job's next one.
            }
        }

        return status;
    }
}
