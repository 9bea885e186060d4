using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>Bulk jobs for callers from outside, who may only name files inside the folder <c>Jobs:Root</c>.</summary>
public interface IBulkJobs
{
    /// <summary>Starts a job, or goes on with it; see <see cref="IBulkJobGrain.StartAsync"/>.</summary>
    /// <param name="id">Its id: 1 to 128 letters, digits, '.', '-' and '_'; empty for one made of the spec, so that the
    /// same spec is the same job.</param>
    /// <param name="spec">What it does; relative paths count from <c>Jobs:Root</c>.</param>
    /// <exception cref="InferenceException">No root is set, a path leads out of it, or the job cannot
    /// start.</exception>
    Task<BulkJobStatus> StartAsync(string id, BulkJobSpec spec);

    /// <summary>Every job known, the latest last.</summary>
    Task<IReadOnlyList<BulkJobStatus>> ListAsync();

    /// <inheritdoc cref="IBulkJobGrain.GetStatusAsync"/>
    Task<BulkJobStatus> GetAsync(string id);

    /// <inheritdoc cref="IBulkJobGrain.WaitAsync"/>
    Task<BulkJobStatus> WaitAsync(string id, long change);

    /// <inheritdoc cref="IBulkJobGrain.PauseAsync"/>
    Task<BulkJobStatus> PauseAsync(string id);

    /// <inheritdoc cref="IBulkJobGrain.ResumeAsync"/>
    Task<BulkJobStatus> ResumeAsync(string id);

    /// <inheritdoc cref="IBulkJobGrain.CancelAsync"/>
    Task<BulkJobStatus> CancelAsync(string id);
}
