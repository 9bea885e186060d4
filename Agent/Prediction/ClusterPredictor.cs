using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Prediction;

/// <summary>Learns from the nodes' reports what models take and how much they are asked for. Not thread-safe; time is an argument.</summary>
public sealed class ClusterPredictor
{
    private const double UnknownInterference = 0.05;

    /// <summary>Pairs of model and node whose predictions must be good for a cluster to be planned by them.</summary>
    private const double TrustedShare = 2.0 / 3;

    private readonly Dictionary<(string Model, SiloAddress Node), ServiceEstimate> _services = [];
    private readonly Dictionary<string, DemandEstimate> _demands = [];
    private readonly Dictionary<(string Model, SiloAddress Node), ReplicaReport> _last = [];
    private readonly Dictionary<string, (double RowsPerRequest, double BytesPerRow, int MaxRows, double SloSeconds)> _shapes = [];
    private TimeSpan _at = TimeSpan.MinValue;

    /// <summary>What is asked of a model, or null before it was seen.</summary>
    public DemandEstimate? Demand(string model) => _demands.GetValueOrDefault(model);

    /// <summary>What was learnt of a model on a node, or null.</summary>
    public ServiceEstimate? Service(string model, SiloAddress node) => _services.GetValueOrDefault((model, node));

    /// <summary>Takes reports in, about one a second from each node.</summary>
    public void Observe(IReadOnlyCollection<NodeReport> reports, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(reports);
        double seconds = _at == TimeSpan.MinValue ? 0 : (now - _at).TotalSeconds;
        if (_at != TimeSpan.MinValue && seconds < 0.2) return;
        _at = now;
        Dictionary<string, double> asked = [];
        foreach (NodeReport report in reports)
        {
            // Taken before any of them is replaced by what is new.
            ReplicaReport?[] before = Array.ConvertAll(report.Replicas, replica => _last.GetValueOrDefault((replica.Model, report.Address)));
            foreach (ReplicaReport replica in report.Replicas)
            {
                (string, SiloAddress) key = (replica.Model, report.Address);
                Learn(report, before, replica, _last.GetValueOrDefault(key), seconds, asked);
                _last[key] = replica;
            }
        }

        if (seconds <= 0) return;
        foreach ((string model, double rows) in asked)
        {
            if (!_demands.TryGetValue(model, out DemandEstimate? demand)) _demands.Add(model, demand = new DemandEstimate());
            demand.Observe(now, rows, seconds);
        }
    }

    /// <summary>What is to be expected.</summary>
    public PredictedCluster Predict(ClusterObservation observation, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(observation);
        Dictionary<SiloAddress, NodeReport> reports = observation.Reports.ToDictionary(report => report.Address);
        PredictedNode[] nodes = [.. observation.Nodes.OrderBy(node => node.Name, StringComparer.Ordinal).Select(node => new PredictedNode(
            node.Name, node.Address, reports.TryGetValue(node.Address, out NodeReport? report) ? report.Resources.Parallelism : 1, node.MemoryBytes, report?.Resources.LinkMbps ?? 0, node.Draining))];
        Dictionary<SiloAddress, double> measured = Slowness();
        double[] slowness = [.. nodes.Select(node => measured.GetValueOrDefault(node.Address, 1))];
        PredictedModel[] models = [.. observation.Models.OrderBy(model => model.Name, StringComparer.Ordinal).Select(model => Predict(model, nodes, slowness, now))];
        bool[] trusted = [.. _services.Where(entry => _last.ContainsKey(entry.Key)).Select(entry => entry.Value.IsTrusted)];
        return new PredictedCluster(nodes, models, trusted.Count(each => each) >= trusted.Length * TrustedShare);
    }

    private void Learn(NodeReport report, ReplicaReport?[] all, ReplicaReport replica, ReplicaReport? before, double seconds, Dictionary<string, double> asked)
    {
        (string, SiloAddress) key = (replica.Model, report.Address);
        bool known = _services.TryGetValue(key, out ServiceEstimate? service);
        if (!known && replica.Route.BaseSeconds + replica.Route.SecondsPerRow > 0) _services.Add(key, service = new ServiceEstimate(replica.Route.BaseSeconds, replica.Route.SecondsPerRow));
        bool reloaded = before is not null && replica.Runs < before.Runs;
        if (before is null || reloaded || seconds <= 0)
        {
            asked.TryAdd(replica.Model, 0);
            _shapes.TryAdd(replica.Model, (1, 0, Math.Max(1, replica.MaxRows), replica.SloMs / 1000));
            return;
        }

        long runs = replica.Runs - before.Runs, rows = replica.Rows - before.Rows, requests = replica.Requests - before.Requests;
        double busy = replica.RunSeconds - before.RunSeconds, others = Others(report, all, replica, busy, seconds);
        service?.Observe(runs, rows, busy, others);
        (double RowsPerRequest, double BytesPerRow, int MaxRows, double SloSeconds) shape = _shapes.GetValueOrDefault(replica.Model);
        long answered = Math.Max(1, requests - (replica.Violations - before.Violations));
        double perRequest = rows > 0 && requests > 0 ? Math.Max(1, (double)rows / Math.Max(answered, Math.Min(requests, rows))) : Math.Max(1, shape.RowsPerRequest);
        if (shape.RowsPerRequest > 0) perRequest = shape.RowsPerRequest + (0.1 * (perRequest - shape.RowsPerRequest));
        double bytes = rows > 0 ? (double)(replica.Bytes - before.Bytes) / rows : shape.BytesPerRow;
        _shapes[replica.Model] = (perRequest, bytes, Math.Max(shape.MaxRows, replica.MaxRows), replica.SloMs > 0 ? replica.SloMs / 1000 : shape.SloSeconds);
        // Rows without any request are the node's own measurements, or bulk work, which waits. What waits longer than before was asked for and not answered.
        long waiting = replica.Queued - before.Queued;
        asked[replica.Model] = asked.GetValueOrDefault(replica.Model) + (requests == 0 && waiting <= 0 ? 0 : Math.Max(0, Math.Max(rows, requests * perRequest) + (waiting * perRequest)));
    }

    /// <summary>Runs of others beside a replica's own: on the processor what it does besides, neighbours included; on a device what its other replicas ran.</summary>
    private static double Others(NodeReport report, ReplicaReport?[] before, ReplicaReport replica, double busy, double seconds) => report.Resources.RunsOnCpu
        ? Math.Max(0, (report.CpuShare * report.Resources.Cores) - (busy / seconds))
        : report.Replicas.Zip(before).Where(pair => pair.First.Model != replica.Model && pair.Second is not null).Sum(pair => Math.Max(0, pair.First.RunSeconds - pair.Second!.RunSeconds)) / seconds;

    private PredictedModel Predict(ModelObservation model, PredictedNode[] nodes, double[] slowness, TimeSpan now)
    {
        (double RowsPerRequest, double BytesPerRow, int MaxRows, double SloSeconds) shape = _shapes.TryGetValue(model.Name, out (double, double, int, double) known) ? known : (1, 0, 1, 1);
        DemandEstimate? demand = _demands.GetValueOrDefault(model.Name);
        ServiceModel[] service = new ServiceModel[nodes.Length];
        // Where it was never run, it takes what it takes elsewhere, by how much slower that node is with the models that both ran.
        (ServiceModel Service, double Slowness)[] elsewhere = [.. nodes.Select((node, i) => (Estimate: _services.GetValueOrDefault((model.Name, node.Address)), Slowness: slowness[i])).Where(entry => entry.Estimate is not null).Select(entry => (entry.Estimate!.Current, entry.Slowness))];
        for (int i = 0; i < nodes.Length; i++)
        {
            if (_services.TryGetValue((model.Name, nodes[i].Address), out ServiceEstimate? own)) service[i] = own.Current;
            else if (elsewhere.Length > 0) service[i] = elsewhere[0].Service.Slower(slowness[i] / elsewhere[0].Slowness) with { Interference = Math.Max(UnknownInterference, elsewhere.Average(entry => entry.Service.Interference)) };
            else service[i] = new ServiceModel(0, 1e-3, UnknownInterference, 1.2, IsMeasured: false);
        }

        return new PredictedModel(model.Name, model.MemoryBytes, shape.SloSeconds > 0 ? shape.SloSeconds : 1, shape.MaxRows, demand?.Mean(now) ?? 0, demand?.P95 ?? 0, Math.Max(1, shape.RowsPerRequest), shape.BytesPerRow, model.Pin, service);
    }

    /// <summary>How slow each node is: the geometric mean, over the models that it ran, of its seconds a row ÷ their mean over all nodes.</summary>
    private Dictionary<SiloAddress, double> Slowness()
    {
        Dictionary<string, double> means = _services.GroupBy(service => service.Key.Model).ToDictionary(model => model.Key, model => model.Average(service => Math.Log(service.Value.Current.Seconds(1, 0))));
        return _services.GroupBy(service => service.Key.Node).ToDictionary(node => node.Key, node => Math.Exp(node.Average(service => Math.Log(service.Value.Current.Seconds(1, 0)) - means[service.Key.Model])));
    }
}
