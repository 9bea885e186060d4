using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>Collects the nodes' reports. Used by one director, on its own turn.</summary>
internal sealed class Telemetry(NodeServices services, ISiloStatusOracle membership, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Twice the patience, so that one report that comes late takes no node out of the routing table.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(4);

    private readonly Dictionary<SiloAddress, (NodeReport Report, long At)> _last = [];
    private readonly ClusterWindowTracker _windows = new();
    private readonly RowRates _rates = new();

    /// <summary>The last report of every node that membership counts as alive.</summary>
    public IReadOnlyCollection<NodeReport> Alive { get; private set; } = [];

    /// <summary>Those of them that answered lately.</summary>
    public IReadOnlyCollection<NodeReport> Answering { get; private set; } = [];

    /// <summary>What <see cref="Alive"/> did since the collection before.</summary>
    public ClusterWindow Window { get; private set; } = ClusterWindow.Empty;

    /// <summary>Rows a second by model, an exponentially weighted mean over about 10 s.</summary>
    public IReadOnlyDictionary<string, double> Demand => _rates.Means;

    /// <summary>
    /// Asks every node, side by side; one that does not answer in time keeps its last report for a while.
    /// </summary>
    public async Task CollectAsync()
    {
        SiloAddress[] silos = [.. membership.GetApproximateSiloStatuses(onlyActive: true).Keys];
        await Task.WhenAll(silos.Select(CollectAsync));
        foreach (SiloAddress gone in _last.Keys.Except(silos).ToArray())
        {
            _last.Remove(gone);
        }
        Alive = [.. _last.Values.Select(entry => entry.Report)];
        Answering =
        [
            .. _last.Values.Where(entry => time.GetElapsedTime(entry.At) < Silence).Select(entry => entry.Report),
        ];
        Window = _windows.Advance(Alive, time.GetUtcNow() - DateTimeOffset.UnixEpoch);
        _rates.Observe(Window);
    }

    private async Task CollectAsync(SiloAddress silo)
    {
        try
        {
            NodeReport report = await services.Of(silo).ReportAsync().WaitAsync(Patience, time);
            _last[silo] = (report, time.GetTimestamp());
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // Slow or lost: membership decides which, and requests find their way meanwhile.
        }
    }
}
