using Orleans.Concurrency;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>
/// One bulk job, by its id. It survives the loss of any silo: what is done is in grain storage and in files next to the
/// output. Whoever holds a grain reference is trusted with the silos' files; callers from outside use
/// <see cref="IBulkJobs"/>.
/// </summary>
[Alias("OrleansInference.IBulkJobGrain")]
public interface IBulkJobGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts the job, or continues it where the same <paramref name="spec"/> was started before and has not ended. A
    /// failed or cancelled job begins again, with those of its rows that are still there. So does a completed one whose
    /// input or model version has changed. Returns before the job ends.
    /// </summary>
    /// <exception cref="InferenceException">The spec is wrong, the input or the model is missing, or the id belongs to
    /// another job.</exception>
    [Alias("Start")]
    Task<BulkJobStatus> StartAsync(BulkJobSpec spec);

    /// <summary>How far it has come.</summary>
    /// <exception cref="InferenceException">It was never started.</exception>
    [Alias("GetStatus")]
    [AlwaysInterleave]
    Task<BulkJobStatus> GetStatusAsync();

    /// <summary>
    /// How far it has come, as soon as that is another than <paramref name="change"/> said, or after 10 s.
    /// </summary>
    /// <exception cref="InferenceException">It was never started.</exception>
    [Alias("Wait")]
    [AlwaysInterleave]
    Task<BulkJobStatus> WaitAsync(long change);

    /// <summary>Resumes the job after its silo was lost. Does nothing where it runs, is paused or has ended.</summary>
    [Alias("EnsureRunning")]
    Task EnsureRunningAsync();

    /// <summary>Starts it only if storage has forgotten it, with what it had written.</summary>
    [Alias("Recover")]
    Task RecoverAsync(BulkJobSpec spec);

    /// <summary>Stops its shards and keeps what is done.</summary>
    /// <exception cref="InferenceException">It was never started or has ended.</exception>
    [Alias("Pause")]
    Task<BulkJobStatus> PauseAsync();

    /// <summary>Goes on after a pause.</summary>
    /// <exception cref="InferenceException">It was never started or has ended.</exception>
    [Alias("Resume")]
    Task<BulkJobStatus> ResumeAsync();

    /// <summary>Stops it and removes what it had done; the output stays as it was.</summary>
    /// <exception cref="InferenceException">It was never started or is complete.</exception>
    [Alias("Cancel")]
    Task<BulkJobStatus> CancelAsync();
}
