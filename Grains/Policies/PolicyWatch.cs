using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Policies;

/// <summary>
/// Applies the cluster's policy on this node: the configured file at first, then whatever was promoted or rolled back
/// to.
/// </summary>
internal sealed partial class PolicyWatch(
    IGrainFactory grains,
    PolicySlot slot,
    IOptions<AgentOptions> options,
    TimeProvider time,
    ILogger<PolicyWatch> logger
) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private long _known = -1;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Policy.Length > 0)
        {
            Apply($"'{options.Value.Policy}'", "file", () => File.ReadAllBytes(options.Value.Policy));
        }
        using PeriodicTimer timer = new(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                if (
                    await grains
                        .GetGrain<IPolicyGrain>(0)
                        .GetAsync(_known)
                        .WaitAsync(stoppingToken)
                        .ConfigureAwait(false)
                    is not { } next
                )
                {
                    continue;
                }
                _known = next.Number;
                if (next.Number == 0)
                {
                    Clear();
                }
                else
                {
                    Apply($"number {next.Number}", $"{next.Number}", () => next.File);
                }
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                // What is in force stays.
            }
        }
    }

    private void Apply(string name, string version, Func<byte[]> read)
    {
        try
        {
            // The one before is not disposed: whoever decides now may be in the middle of it; its finaliser frees it.
            PolicyModel model = PolicyFiles.Load(read());
            slot.Current = new LearnedPolicy(version, model.Run);
            LogApplied(name, model.Provenance);
        }
        catch (Exception exception) when (exception is ModelLoadException or IOException or UnauthorizedAccessException)
        {
            slot.Current = null;
            LogRefused(name, exception);
        }
    }

    private void Clear()
    {
        slot.Current = null;
        LogCleared();
    }

    [LoggerMessage(
        EventId = 2025,
        Level = LogLevel.Information,
        Message = "The agent's policy is {Policy} ({Provenance})"
    )]
    private partial void LogApplied(string policy, string provenance);

    [LoggerMessage(
        EventId = 2026,
        Level = LogLevel.Warning,
        Message = "The agent's policy {Policy} is refused, the planner decides alone"
    )]
    private partial void LogRefused(string policy, Exception exception);

    [LoggerMessage(
        EventId = 2027,
        Level = LogLevel.Information,
        Message = "The agent has no policy any more: the planner decides alone"
    )]
    private partial void LogCleared();
}
