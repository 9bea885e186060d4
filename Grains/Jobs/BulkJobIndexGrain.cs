using System.Collections.Immutable;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>The cluster's list of jobs, in grain storage.</summary>
internal sealed class BulkJobIndexGrain([PersistentState("job-index")] IPersistentState<JobIndexState> stored)
    : Grain,
        IBulkJobIndexGrain
{
    private const int MostEnded = 1000;

    private JobIndexState State => stored.RecordExists ? stored.State : new JobIndexState();

    /// <inheritdoc />
    public async Task SetAsync(string id, bool active)
    {
        JobIndexState state = State;
        JobIndexState next = state with
        {
            Jobs = state.Jobs.Contains(id) ? state.Jobs : state.Jobs.Add(id),
            Active = active ? state.Active.Add(id) : state.Active.Remove(id),
        };
        if (next.Jobs == state.Jobs && next.Active == state.Active)
        {
            return;
        }
        int surplus = next.Jobs.Length - next.Active.Count - MostEnded;
        foreach (
            string old in next
                .Jobs.Where(job => job != id && !next.Active.Contains(job))
                .Take(Math.Max(0, surplus))
                .ToArray()
        )
        {
            next = next with { Jobs = next.Jobs.Remove(old) };
        }
        stored.State = next;
        try
        {
            await stored.WriteStateAsync();
        }
        catch
        {
            // What storage has is not known here any more; the next activation reads it.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <inheritdoc />
    public Task<string[]> ListAsync() => Task.FromResult(State.Jobs.ToArray());

    /// <inheritdoc />
    public Task<string[]> ListActiveAsync() => Task.FromResult(State.Active.ToArray());
}
