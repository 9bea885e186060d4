using Orleans.Runtime;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// What a plan is expected to give, in closed form: demand flows to where it is answered soonest, batches grow until the
/// node keeps up, waits are those of M/M/c (Erlang C) behind the mean residual run of whatever shares the threads, and
/// runs slow down by the cores that others keep busy. A few microseconds a replica: it orders candidates, the twin judges.
/// </summary>
public static class PlanEstimate
{
    private const int Rounds = 6;

    /// <summary>Scores a plan.</summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="plan">The plan.</param>
    /// <returns>Expected C, D, N and the share of requests within their objective.</returns>
    public static (ClusterScore Score, double Attainment) Of(PredictedCluster cluster, ClusterPlan plan)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(plan);
        Dictionary<SiloAddress, int> index = [];
        for (int n = 0; n < cluster.Nodes.Count; n++) index[cluster.Nodes[n].Address] = n;
        List<Share> shares = [];
        foreach (PredictedModel model in cluster.Models)
        {
            ReplicaPlan[] replicas = plan.Find(model.Name)?.Replicas ?? [];
            foreach (ReplicaPlan replica in replicas)
            {
                if (index.TryGetValue(replica.Node, out int node)) shares.Add(new Share(model, node, replica.Knobs, cluster.Nodes[node].Cores, 1.0 / replicas.Length));
            }
        }

        double[] busy = new double[cluster.Nodes.Count];
        for (int round = 0; round < Rounds; round++)
        {
            Array.Clear(busy);
            foreach (Share share in shares) busy[share.Node] += share.BusyCores;
            foreach (Share share in shares) share.Update(busy[share.Node], cluster.Nodes[share.Node].Cores);
            foreach (IGrouping<PredictedModel, Share> model in shares.GroupBy(share => share.Model)) Divide([.. model]);
        }

        return Sum(cluster, shares, busy);
    }

    /// <summary>Requests go where they are answered first: each replica's part is in proportion to what it has left.</summary>
    private static void Divide(Share[] replicas)
    {
        double total = replicas.Sum(replica => replica.Appeal);
        foreach (Share replica in replicas) replica.Part = (0.5 * replica.Part) + (0.5 * replica.Appeal / total);
        double sum = replicas.Sum(replica => replica.Part);
        foreach (Share replica in replicas) replica.Part /= sum;
    }

    private static (ClusterScore Score, double Attainment) Sum(PredictedCluster cluster, List<Share> shares, double[] busy)
    {
        ILookup<int, Share> byNode = shares.ToLookup(share => share.Node);
        double work = 0, delivered = 0, bytes = 0, deliveredBytes = 0, requests = 0, inTime = 0, cross = 0;
        foreach (PredictedModel model in cluster.Models)
        {
            double rate = model.RowsPerSecond, each = model.Service.Min(service => service.Seconds(model.MaxRows, 0) / model.MaxRows);
            work += rate * each;
            bytes += rate * model.BytesPerRow;
            requests += rate / model.RowsPerRequest;
        }

        foreach (Share share in shares)
        {
            double rate = share.Part * share.Model.RowsPerSecond, met = share.Attainment(byNode[share.Node], busy[share.Node], cluster.Nodes[share.Node].Cores);
            double each = share.Model.Service.Min(service => service.Seconds(share.Model.MaxRows, 0) / share.Model.MaxRows);
            delivered += rate * each * met;
            deliveredBytes += rate * share.Model.BytesPerRow * met;
            inTime += rate / share.Model.RowsPerRequest * met;
            cross += rate * share.Model.BytesPerRow * (1 - (1.0 / cluster.Nodes.Count));
        }

        double capacity = cluster.Nodes.Sum(node => node.Cores), links = cluster.Nodes.Sum(node => (node.LinkMbps > 0 ? node.LinkMbps : 1000) * 125_000);
        ClusterScore score = ClusterScore.Of(new ScoreInputs { DeliveredWork = delivered, OfferedWork = work, CapacityWork = capacity, DeliveredBytes = deliveredBytes, OfferedBytes = bytes, CrossBytes = cross, LinkBytes = links });
        return (score, requests <= 0 ? 1 : inTime / requests);
    }

    private sealed class Share(PredictedModel model, int node, ReplicaKnobs knobs, int cores, double part)
    {
        private readonly int _threads = knobs.Threads > 0 ? Math.Min(knobs.Threads, cores) : 1;
        private readonly int _instances = Math.Clamp(knobs.Instances > 0 ? knobs.Instances : cores, 1, cores);
        private readonly double _cap = Math.Max(1, Math.Min(model.MaxRows, knobs.MaxRows > 0 ? knobs.MaxRows : model.MaxRows));

        public PredictedModel Model { get; } = model;

        public int Node { get; } = node;

        public double Part { get; set; } = part;

        public double Rows { get; private set; } = Math.Max(1, Math.Min(model.RowsPerRequest, 4));

        public double RunSeconds { get; private set; } = model.Service[node].Seconds(Math.Max(1, Math.Min(model.RowsPerRequest, 4)), 0);

        private double Rate => Part * Model.RowsPerSecond;

        public double BusyCores => Math.Min(_instances * _threads, Rate / Rows * RunSeconds * _threads);

        /// <summary>Rows a second that it could still take, never below a trickle: in proportion to which requests are divided.</summary>
        public double Appeal { get; private set; } = 1;

        public void Update(double busy, int cores)
        {
            ServiceModel service = Model.Service[Node];
            double others = Math.Clamp(busy - BusyCores, 0, cores), speedup = _threads == 1 ? 1 : 0.3 + (0.7 / _threads);
            double available = Math.Max(0.25, Math.Min(_instances, (cores - others) / _threads));
            // Batches grow to what arrives during a run, and to what the threads that are left can keep up with.
            double rows = Math.Max(1, Model.RowsPerRequest > _cap ? _cap : Model.RowsPerRequest);
            for (int i = 0; i < 4; i++)
            {
                double seconds = service.Seconds(rows, others) * speedup, arriving = Rate * seconds / available;
                rows = Math.Clamp(Math.Max(rows, arriving), 1, _cap);
            }

            Rows = (0.5 * Rows) + (0.5 * rows);
            RunSeconds = service.Seconds(Rows, others) * speedup;
            double full = service.Seconds(_cap, others) * speedup, most = available * _cap / full;
            Appeal = Math.Max(0.02 * most, most - (0.7 * Rate)) * Math.Min(1, Model.SloSeconds / Math.Max(1e-9, 2 * RunSeconds));
        }

        /// <summary>The share of its requests that are in time, and where there is more than it can do, of those that it can.</summary>
        public double Attainment(IEnumerable<Share> onNode, double busy, int cores)
        {
            ServiceModel service = Model.Service[Node];
            double others = Math.Clamp(busy - BusyCores, 0, cores), speedup = _threads == 1 ? 1 : 0.3 + (0.7 / _threads);
            double available = Math.Max(0.25, Math.Min(_instances, (cores - others) / _threads)), full = service.Seconds(_cap, others) * speedup;
            double load = Rate / (available * _cap / full);
            double own = RunSeconds * Math.Sqrt(service.P95Factor), slack = Model.SloSeconds - own;
            if (slack <= 0) return 0.02;
            // A free thread comes when one of the runs under way ends: long runs of others are long waits.
            double residual = 0, rates = 0;
            foreach (Share other in onNode)
            {
                double runs = other.Rate / other.Rows;
                residual += runs * other.RunSeconds * other.RunSeconds;
                rates += runs * other.RunSeconds;
            }

            double mean = rates <= 0 ? RunSeconds : residual / rates, utilisation = Math.Min(0.999, Math.Max(busy / cores, Math.Min(0.999, load)));
            double waits = ErlangC.Waiting(Math.Max(1, (int)Math.Round(available)), utilisation);
            double late = waits * Math.Exp(-slack / Math.Max(1e-9, mean) * cores * (1 - utilisation));
            double met = 1 - Math.Clamp(late, 0, 1);
            return load > 1 ? Math.Min(met + 0.5, 0.95) / load : Math.Max(met, 0.05);
        }
    }
}
