using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>
/// Makes room in memory: unloads the least used models, and those that have been unused for too long.
/// </summary>
/// <param name="budget">The memory.</param>
/// <param name="table">What serves.</param>
/// <param name="locks">One change of a model at a time.</param>
/// <param name="mayEvict">Whether an evicted model comes back by itself, which only mode <c>demand</c> does.</param>
/// <param name="clock">Time.</param>
/// <param name="logger">Where evictions are told.</param>
internal sealed partial class Evictor(
    MemoryBudget budget,
    ModelTable table,
    ModelLocks locks,
    bool mayEvict,
    EngineClock clock,
    ILogger logger
)
{
    private long _evictions;

    /// <summary>Models evicted since the start.</summary>
    public long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>Reserves memory for a version, evicting for it what it takes.</summary>
    /// <exception cref="ModelLoadException">It does not fit, with nothing left to evict.</exception>
    public async Task<MemoryReservation> ReserveAsync(string name, long version, long bytes)
    {
        while (true)
        {
            if (budget.TryReserve($"{name} version {version}", bytes, out string reason) is { } memory)
            {
                return memory;
            }
            // What can never fit must not cost others their place.
            if (!mayEvict || bytes > budget.Capacity || !await EvictOneAsync(name).ConfigureAwait(false))
            {
                throw new ModelLoadException(reason);
            }
        }
    }

    /// <summary>Unloads every model that has been unused for longer than its <c>idle_ttl_seconds</c>.</summary>
    public async Task SweepAsync()
    {
        if (!mayEvict)
        {
            return;
        }
        foreach ((string name, ServedVersions model) in table.Served)
        {
            if (
                model.IsPinned
                || model.IdleTtl <= TimeSpan.Zero
                || clock.Now - model.LastUsed < model.IdleTtl
                || locks.TryTake(name) is not { } held
            )
            {
                continue;
            }
            using (held)
            {
                await EvictAsync(
                        name,
                        $"not used for {model.IdleTtl.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s"
                    )
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> EvictOneAsync(string forModel)
    {
        TimeSpan now = clock.Now;
        IEnumerable<string> leastUsedFirst = table
            .Served.Where(model =>
                !model.Value.IsPinned
                && model.Key != forModel
                // An ensemble holds no memory that would be won.
                && model.Value.All.Any(version => version.Memory is not null)
            )
            .OrderBy(model => model.Value.UseAt(now))
            .ThenBy(model => model.Value.LastUsed)
            .Select(model => model.Key)
            .ToList();
        foreach (string name in leastUsedFirst)
        {
            // Never waited for: two loads that want each other's model out would wait for ever (ADR 8).
            if (locks.TryTake(name) is not { } held)
            {
                continue;
            }
            using (held)
            {
                if (
                    await EvictAsync(name, $"evicted, as the least used model, to make room for '{forModel}'")
                        .ConfigureAwait(false)
                )
                {
                    return true;
                }
            }
        }

        return false;
    }

    private async Task<bool> EvictAsync(string name, string reason)
    {
        // It may have been unloaded before its turn came.
        if (!table.TryGet(name, out ServedVersions? model))
        {
            return false;
        }
        Interlocked.Increment(ref _evictions);
        LogEvicted(name, reason);
        table.SetIndex(
            name,
            [
                .. model.All.Select(version => new ModelStatus(
                    name,
                    version.Model.Version,
                    ModelState.Unavailable,
                    reason
                )),
            ]
        );
        table.Publish(name, null);
        await ModelLifecycle.DrainAsync(model.All, kept: []).ConfigureAwait(false);
        return true;
    }

    [LoggerMessage(EventId = 1003, Level = LogLevel.Information, Message = "Model {Model} was unloaded: {Reason}")]
    private partial void LogEvicted(string model, string reason);
}
