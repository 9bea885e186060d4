using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Prediction;

/// <summary>
/// Learns from each look's window what models take and how much they are asked for. Not thread-safe; time is an
/// argument.
/// </summary>
public sealed class ClusterPredictor
{
    private const double UnknownInterference = 0.05;

    /// <summary>Pairs of model and node whose predictions must be good for a cluster to be planned by them.</summary>
    private const double TrustedShare = 2.0 / 3;

    /// <summary>What a window counts for in the mean rows of a request: about ten windows decide it.</summary>
    private const double ShapeGain = 0.1;

    private readonly Dictionary<(string Model, SiloAddress Node), ServiceEstimate> _services = [];
    private readonly Dictionary<string, DemandEstimate> _demands = [];
    private readonly Dictionary<
        string,
        (double RowsPerRequest, double BytesPerRow, int MaxRows, double SloSeconds)
    > _shapes = [];

    /// <summary>What is asked of a model, or null before it was seen.</summary>
    public DemandEstimate? Demand(string model) => _demands.GetValueOrDefault(model);

    /// <summary>What was learnt of a model on a node, or null.</summary>
    public ServiceEstimate? Service(string model, SiloAddress node) => _services.GetValueOrDefault((model, node));

    /// <summary>Takes in what the cluster did between two looks.</summary>
    public void Observe(ClusterWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        Dictionary<string, double> asked = [];
        foreach (NodeWindow node in window.Nodes)
        {
            // What is predicted of a model holds for the mix of its versions that a node serves.
            foreach (IGrouping<string, ReplicaWindow> model in node.Replicas.GroupBy(replica => replica.Report.Model))
            {
                Learn(node, model.Key, [.. model], window.Seconds, asked);
            }
        }

        if (window.Seconds <= 0)
        {
            return;
        }
        foreach ((string model, double rows) in asked)
        {
            if (!_demands.TryGetValue(model, out DemandEstimate? demand))
            {
                demand = new DemandEstimate();
                _demands.Add(model, demand);
            }

            demand.Observe(window.Now, rows, window.Seconds);
        }
    }

    /// <summary>What is to be expected.</summary>
    public PredictedCluster Predict(ClusterObservation observation, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(observation);
        Dictionary<SiloAddress, NodeReport> reports = observation.Reports.ToDictionary(report => report.Address);
        PredictedNode[] nodes =
        [
            .. observation
                .Nodes.OrderBy(node => node.Name, StringComparer.Ordinal)
                .Select(node => new PredictedNode(
                    node.Name,
                    node.Address,
                    reports.TryGetValue(node.Address, out NodeReport? report) ? report.Resources.Parallelism : 1,
                    node.MemoryBytes,
                    report?.Resources.LinkMbps ?? 0,
                    node.Draining
                )),
        ];
        Dictionary<SiloAddress, double> measured = Slowness();
        double[] slowness = [.. nodes.Select(node => measured.GetValueOrDefault(node.Address, 1))];
        PredictedModel[] models =
        [
            .. observation
                .Models.OrderBy(model => model.Name, StringComparer.Ordinal)
                .Select(model => Predict(model, nodes, slowness, now)),
        ];
        bool[] trusted = [.. _services.Values.Select(service => service.IsTrusted)];
        return new PredictedCluster(nodes, models, trusted.Count(each => each) >= trusted.Length * TrustedShare);
    }

    private void Learn(
        NodeWindow node,
        string model,
        ReplicaWindow[] versions,
        double seconds,
        Dictionary<string, double> asked
    )
    {
        ServiceEstimate? service = ServiceOf(model, node.Report.Address, versions);
        // Also where nothing is asked: a demand that ends must be seen to end.
        asked.TryAdd(model, 0);
        ReplicaWindow[] counted = Array.FindAll(versions, version => version.IsWhole);
        if (counted.Length == 0 || seconds <= 0)
        {
            ReplicaReport first = versions[^1].Report;
            _shapes.TryAdd(model, (1, 0, Math.Max(1, first.MaxRows), first.SloMs / 1000));
            return;
        }

        ReplicaCounters since = counted.Aggregate(default(ReplicaCounters), (sum, version) => sum.Plus(version.Since));
        service?.Observe(since.Runs, since.Rows, since.RunSeconds, Others(node, model, since.RunSeconds, seconds));
        double perRequest = ObserveShape(model, counted[^1].Report, since);
        // Rows without any request are the node's own measurements, or bulk work, which waits.
        // What waits longer than before was asked for and not answered.
        double waiting = counted.Sum(version => version.QueueGrowth) * perRequest;
        bool isNobodys = since.Requests == 0 && waiting <= 0;
        if (!isNobodys)
        {
            asked[model] += Math.Max(0, Math.Max(since.Rows, since.Requests * perRequest) + waiting);
        }
    }

    /// <summary>
    /// What was learnt of a model on a node; begins at the cost measured at load, null before there is one.
    /// </summary>
    private ServiceEstimate? ServiceOf(string model, SiloAddress node, ReplicaWindow[] versions)
    {
        if (_services.TryGetValue((model, node), out ServiceEstimate? known))
        {
            return known;
        }
        BatchCost[] measured = [.. versions.Select(version => version.Report.Route.Cost()).Where(cost => cost.IsKnown)];
        if (measured.Length == 0)
        {
            return null;
        }
        ServiceEstimate service = new(measured[^1]);
        _services.Add((model, node), service);
        return service;
    }

    /// <summary>Learns what a model's requests are like, and gives their mean rows.</summary>
    private double ObserveShape(string model, ReplicaReport report, in ReplicaCounters since)
    {
        (double RowsPerRequest, double BytesPerRow, int MaxRows, double SloSeconds) shape = _shapes.GetValueOrDefault(
            model
        );
        long answered = Math.Max(1, since.Requests - since.Violations);
        double perRequest = since is { Rows: > 0, Requests: > 0 }
            ? Math.Max(1, (double)since.Rows / Math.Max(answered, Math.Min(since.Requests, since.Rows)))
            : Math.Max(1, shape.RowsPerRequest);
        if (shape.RowsPerRequest > 0)
        {
            perRequest = shape.RowsPerRequest + (ShapeGain * (perRequest - shape.RowsPerRequest));
        }
        double bytes = since.Rows > 0 ? (double)since.Bytes / since.Rows : shape.BytesPerRow;
        double slo = report.SloMs > 0 ? report.SloMs / 1000 : shape.SloSeconds;
        _shapes[model] = (perRequest, bytes, Math.Max(shape.MaxRows, report.MaxRows), slo);
        return perRequest;
    }

    /// <summary>
    /// Cores that others kept busy beside a model's own runs: on the processor all that it does besides, neighbours
    /// included; on a device what its other models ran.
    /// </summary>
    private static double Others(NodeWindow node, string model, double busy, double seconds)
    {
        NodeReport report = node.Report;
        if (report.Resources.RunsOnCpu)
        {
            return Math.Max(0, (report.CpuShare * report.Resources.Cores) - (busy / seconds));
        }
        IEnumerable<ReplicaWindow> others = node.Replicas.Where(replica =>
            replica.IsWhole && replica.Report.Model != model
        );
        return others.Sum(replica => replica.Since.RunSeconds) / seconds;
    }

    private PredictedModel Predict(ModelObservation model, PredictedNode[] nodes, double[] slowness, TimeSpan now)
    {
        (double RowsPerRequest, double BytesPerRow, int MaxRows, double SloSeconds) shape = _shapes.TryGetValue(
            model.Name,
            out (double, double, int, double) known
        )
            ? known
            : (1, 0, 1, 1);
        DemandEstimate? demand = _demands.GetValueOrDefault(model.Name);
        ServiceModel[] service = new ServiceModel[nodes.Length];
        // Where it was never run, it takes what it takes elsewhere, by how much slower that node is with the models
        // that both ran.
        (ServiceModel Service, double Slowness)[] elsewhere =
        [
            .. nodes
                .Select(
                    (node, i) =>
                        (Estimate: _services.GetValueOrDefault((model.Name, node.Address)), Slowness: slowness[i])
                )
                .Where(entry => entry.Estimate is not null)
                .Select(entry => (entry.Estimate!.Current, entry.Slowness)),
        ];
        for (int i = 0; i < nodes.Length; i++)
        {
            if (_services.TryGetValue((model.Name, nodes[i].Address), out ServiceEstimate? own))
            {
                service[i] = own.Current;
            }
            else if (elsewhere.Length > 0)
            {
                service[i] = elsewhere[0].Service.Slower(slowness[i] / elsewhere[0].Slowness) with
                {
                    Interference = Math.Max(
                        UnknownInterference,
                        elsewhere.Average(entry => entry.Service.Interference)
                    ),
                };
            }
            else
            {
                service[i] = new ServiceModel(new BatchCost(0, 1e-3), UnknownInterference, 1.2, IsMeasured: false);
            }
        }

        return new PredictedModel
        {
            Name = model.Name,
            MemoryBytes = model.MemoryBytes,
            SloSeconds = shape.SloSeconds > 0 ? shape.SloSeconds : 1,
            MaxRows = shape.MaxRows,
            RowsPerSecond = demand?.Mean(now) ?? 0,
            PeakRowsPerSecond = demand?.P95 ?? 0,
            RowsPerRequest = Math.Max(1, shape.RowsPerRequest),
            BytesPerRow = shape.BytesPerRow,
            Pin = model.Pin,
            Service = service,
        };
    }

    /// <summary>
    /// How slow each node is: the geometric mean, over the models that it ran, of its seconds a row ÷ their mean over
    /// all nodes.
    /// </summary>
    private Dictionary<SiloAddress, double> Slowness()
    {
        // In logarithms: twice as slow with one model and twice as fast with another is as fast on average.
        Dictionary<string, double> means = _services
            .GroupBy(service => service.Key.Model)
            .ToDictionary(
                model => model.Key,
                model => model.Average(service => Math.Log(service.Value.Current.Seconds(1, 0)))
            );
        return _services
            .GroupBy(service => service.Key.Node)
            .ToDictionary(
                node => node.Key,
                node =>
                    Math.Exp(
                        node.Average(service =>
                            Math.Log(service.Value.Current.Seconds(1, 0)) - means[service.Key.Model]
                        )
                    )
            );
    }
}
