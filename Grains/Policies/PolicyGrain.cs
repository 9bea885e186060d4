using Orleans.Runtime;
using OrleansInference.Engine.Policies;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Policies;

/// <summary>Keeps the last ten policies in grain storage.</summary>
internal sealed class PolicyGrain([PersistentState("policies")] IPersistentState<PolicyState> stored, TimeProvider time)
    : Grain,
        IPolicyGrain
{
    private const int MostKept = 10;

    private PolicyState State => stored.RecordExists ? stored.State : new PolicyState();

    /// <inheritdoc />
    public async Task<PolicyVersion> PromoteAsync(byte[] file, string report)
    {
        PolicyVersion version;
        try
        {
            // ONNX Runtime does not run on Orleans' threads.
            using PolicyModel model = await Task.Run(() => PolicyFiles.Load(file));
            version = new PolicyVersion(
                State.Next,
                model.Hash,
                model.Provenance,
                report,
                time.GetUtcNow(),
                IsCurrent: true
            );
        }
        catch (ModelLoadException exception)
        {
            throw new InferenceException(InferenceError.InvalidArgument, exception.Message, exception);
        }

        await WriteAsync(
            State with
            {
                Kept = [.. State.Kept.Append(new StoredPolicy(version, file)).TakeLast(MostKept)],
                Current = version.Number,
                Next = version.Number + 1,
            }
        );
        return version;
    }

    /// <inheritdoc />
    public async Task<PolicyVersion?> RollBackAsync()
    {
        if (State.Current <= 0)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                "no policy is in force: the planner decides alone"
            );
        }
        StoredPolicy? before = State.Kept.LastOrDefault(kept => kept.Version.Number < State.Current);
        await WriteAsync(State with { Current = before?.Version.Number ?? 0 });
        return before is null ? null : before.Version with { IsCurrent = true };
    }

    /// <inheritdoc />
    public Task<PolicyVersion[]> ListAsync() =>
        Task.FromResult<PolicyVersion[]>([
            .. State.Kept.Select(kept => kept.Version with { IsCurrent = kept.Version.Number == State.Current }),
        ]);

    /// <inheritdoc />
    public Task<PolicyFile?> GetAsync(long known) =>
        Task.FromResult(
            State.Current < 0 || State.Current == known
                ? null
                : new PolicyFile(
                    State.Current,
                    State.Kept.FirstOrDefault(kept => kept.Version.Number == State.Current)?.File ?? []
                )
        );

    private async Task WriteAsync(PolicyState next)
    {
        stored.State = next;
        try
        {
            await stored.WriteStateAsync();
        }
        catch
        {
            // What is stored counts, not what was wished.
            DeactivateOnIdle();
            throw;
        }
    }
}
