using Orleans.Runtime;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// What a plan is expected to give, in closed form. Demand flows to where it is answered soonest; batches grow until
/// the node keeps up. Waits are those of M/M/c (Erlang C) behind the mean residual run of whatever shares the threads.
/// Runs slow down by the cores that others keep busy. It takes a few microseconds a replica: it orders candidates, the
/// twin judges.
/// </summary>
public static class PlanEstimate
{
    /// <summary>
    /// Rounds in which demand, batches and busy cores are fitted to each other; each halves what is left.
    /// </summary>
    public const int Rounds = 6;

    /// <summary>Rounds in which a batch grows to what arrives while it runs.</summary>
    public const int BatchRounds = 4;

    /// <summary>Share of the way to its result that a round goes: all of it would swing to and fro.</summary>
    public const double Damping = 0.5;

    /// <summary>Share of a run that more threads do not shorten (Amdahl's law).</summary>
    public const double SerialShare = 0.3;

    /// <summary>
    /// Runs at once that a replica has at the least, where others keep all cores busy: the system still shares them
    /// out.
    /// </summary>
    public const double LeastRuns = 0.25;

    /// <summary>
    /// Share of its own rate that counts as taken when demand is divided; below 1, as it is still being divided.
    /// </summary>
    public const double TakenShare = 0.7;

    /// <summary>
    /// Share of its capacity by which a full replica still attracts requests, so that no part falls to nothing.
    /// </summary>
    public const double LeastAppeal = 0.02;

    /// <summary>
    /// Runs that a request waits for and takes part in; a replica whose two runs exceed the objective attracts fewer.
    /// </summary>
    public const double RunsARequest = 2;

    /// <summary>Utilisation at which waiting is computed at most: at 1 no queue has a mean.</summary>
    public const double MostUtilisation = 0.999;

    /// <summary>
    /// Share in time where a run alone takes longer than the objective: the few that meet a fast one.
    /// </summary>
    public const double HopelessAttainment = 0.02;

    /// <summary>
    /// Share in time at the least on a replica that keeps up: a queue that is kept up with empties now and then.
    /// </summary>
    public const double LeastAttainment = 0.05;

    /// <summary>
    /// What admission adds to the share in time of an overloaded replica: what it refuses makes way for the others.
    /// </summary>
    public const double AdmissionGain = 0.5;

    /// <summary>Share in time that an overloaded replica has at most of what it can do.</summary>
    public const double MostOverloadedAttainment = 0.95;

    /// <summary>Link of a node that does not say, Mbit/s: a gigabit.</summary>
    public const double DefaultLinkMbps = 1000;

    /// <summary>Rows that a batch is supposed to have before the first round, at most.</summary>
    private const double FirstRows = 4;

    /// <summary>Seconds below which nothing is told apart; keeps a division from failing.</summary>
    private const double LeastSeconds = 1e-9;

    private const double BytesPerMegabit = 125_000;

    /// <summary>Scores a plan.</summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="plan">The plan.</param>
    /// <returns>Expected C, D, N and the share of requests within their objective.</returns>
    public static (ClusterScore Score, double Attainment) Predict(PredictedCluster cluster, ClusterPlan plan)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(plan);
        Dictionary<SiloAddress, int> index = [];
        for (int n = 0; n < cluster.Nodes.Count; n++)
        {
            index[cluster.Nodes[n].Address] = n;
        }
        List<Share> shares = [];
        foreach (PredictedModel model in cluster.Models)
        {
            ReplicaPlan[] replicas = plan.Find(model.Name)?.Replicas ?? [];
            foreach (ReplicaPlan replica in replicas)
            {
                if (index.TryGetValue(replica.Node, out int node))
                {
                    shares.Add(new Share(model, node, replica.Knobs, cluster.Nodes[node].Cores, 1.0 / replicas.Length));
                }
            }
        }

        double[] busy = new double[cluster.Nodes.Count];
        for (int round = 0; round < Rounds; round++)
        {
            Array.Clear(busy);
            foreach (Share share in shares)
            {
                busy[share.Node] += share.BusyCores;
            }
            foreach (Share share in shares)
            {
                share.Update(busy[share.Node], cluster.Nodes[share.Node].Cores);
            }
            foreach (IGrouping<PredictedModel, Share> model in shares.GroupBy(share => share.Model))
            {
                Divide([.. model]);
            }
        }

        return Sum(cluster, shares, busy);
    }

    /// <summary>
    /// Requests go where they are answered first: each replica's part is in proportion to what it has left.
    /// </summary>
    private static void Divide(Share[] replicas)
    {
        double total = replicas.Sum(replica => replica.Appeal);
        foreach (Share replica in replicas)
        {
            replica.Part = ((1 - Damping) * replica.Part) + (Damping * replica.Appeal / total);
        }
        double sum = replicas.Sum(replica => replica.Part);
        foreach (Share replica in replicas)
        {
            replica.Part /= sum;
        }
    }

    private static (ClusterScore Score, double Attainment) Sum(
        PredictedCluster cluster,
        List<Share> shares,
        double[] busy
    )
    {
        ILookup<int, Share> byNode = shares.ToLookup(share => share.Node);
        double work = 0;
        double delivered = 0;
        double bytes = 0;
        double deliveredBytes = 0;
        double requests = 0;
        double inTime = 0;
        double cross = 0;
        foreach (PredictedModel model in cluster.Models)
        {
            double rate = model.RowsPerSecond;
            double each = model.Service.Min(service => service.Seconds(model.MaxRows, 0) / model.MaxRows);
            work += rate * each;
            bytes += rate * model.BytesPerRow;
            requests += rate / model.RowsPerRequest;
        }

        foreach (Share share in shares)
        {
            double rate = share.Part * share.Model.RowsPerSecond;
            double met = share.Attainment(byNode[share.Node], busy[share.Node], cluster.Nodes[share.Node].Cores);
            double each = share.Model.Service.Min(service =>
                service.Seconds(share.Model.MaxRows, 0) / share.Model.MaxRows
            );
            delivered += rate * each * met;
            deliveredBytes += rate * share.Model.BytesPerRow * met;
            inTime += rate / share.Model.RowsPerRequest * met;
            cross += rate * share.Model.BytesPerRow * (1 - (1.0 / cluster.Nodes.Count));
        }

        double capacity = cluster.Nodes.Sum(node => node.Cores);
        double links = cluster.Nodes.Sum(node =>
            (node.LinkMbps > 0 ? node.LinkMbps : DefaultLinkMbps) * BytesPerMegabit
        );
        ClusterScore score = ClusterScore.Compute(
            new ScoreInputs
            {
                DeliveredWork = delivered,
                OfferedWork = work,
                CapacityWork = capacity,
                DeliveredBytes = deliveredBytes,
                OfferedBytes = bytes,
                CrossBytes = cross,
                LinkBytes = links,
            }
        );
        return (score, requests <= 0 ? 1 : inTime / requests);
    }

    private sealed class Share(PredictedModel model, int node, ReplicaKnobs knobs, int cores, double part)
    {
        private readonly int _threads = knobs.Threads > 0 ? Math.Min(knobs.Threads, cores) : 1;
        private readonly double _speedup = Math.Min(knobs.Threads, cores) is var threads and > 1
            ? SerialShare + ((1 - SerialShare) / threads)
            : 1;
        private readonly int _instances = Math.Clamp(knobs.Instances > 0 ? knobs.Instances : cores, 1, cores);
        private readonly double _cap = Math.Max(
            1,
            Math.Min(model.MaxRows, knobs.MaxRows > 0 ? knobs.MaxRows : model.MaxRows)
        );

        public PredictedModel Model { get; } = model;

        public int Node { get; } = node;

        public double Part { get; set; } = part;

        public double Rows { get; private set; } = Math.Max(1, Math.Min(model.RowsPerRequest, FirstRows));

        public double RunSeconds { get; private set; } =
            model.Service[node].Seconds(Math.Max(1, Math.Min(model.RowsPerRequest, FirstRows)), 0);

        private double Rate => Part * Model.RowsPerSecond;

        public double BusyCores => Math.Min(_instances * _threads, Rate / Rows * RunSeconds * _threads);

        /// <summary>
        /// Rows a second that it could still take, never below a trickle: in proportion to which requests are divided.
        /// </summary>
        public double Appeal { get; private set; } = 1;

        public void Update(double busy, int cores)
        {
            ServiceModel service = Model.Service[Node];
            double others = Math.Clamp(busy - BusyCores, 0, cores);
            double available = Available(others, cores);
            // Batches grow to what arrives during a run, and to what the threads that are left can keep up with.
            double rows = Math.Max(1, Model.RowsPerRequest > _cap ? _cap : Model.RowsPerRequest);
            for (int i = 0; i < BatchRounds; i++)
            {
                double seconds = service.Seconds(rows, others) * _speedup;
                double arriving = Rate * seconds / available;
                rows = Math.Clamp(Math.Max(rows, arriving), 1, _cap);
            }

            Rows = ((1 - Damping) * Rows) + (Damping * rows);
            RunSeconds = service.Seconds(Rows, others) * _speedup;
            double full = service.Seconds(_cap, others) * _speedup;
            double most = available * _cap / full;
            double meets = Math.Min(1, Model.SloSeconds / Math.Max(LeastSeconds, RunsARequest * RunSeconds));
            Appeal = Math.Max(LeastAppeal * most, most - (TakenShare * Rate)) * meets;
        }

        /// <summary>
        /// The share of its requests that are in time, and where there is more than it can do, of those that it can.
        /// </summary>
        public double Attainment(IEnumerable<Share> onNode, double busy, int cores)
        {
            ServiceModel service = Model.Service[Node];
            double others = Math.Clamp(busy - BusyCores, 0, cores);
            double available = Available(others, cores);
            double full = service.Seconds(_cap, others) * _speedup;
            double load = Rate / (available * _cap / full);
            double own = RunSeconds * Math.Sqrt(service.P95Factor);
            double slack = Model.SloSeconds - own;
            if (slack <= 0)
            {
                return HopelessAttainment;
            }
            // A free thread comes when one of the runs under way ends: long runs of others are long waits.
            double residual = 0;
            double rates = 0;
            foreach (Share other in onNode)
            {
                double runs = other.Rate / other.Rows;
                residual += runs * other.RunSeconds * other.RunSeconds;
                rates += runs * other.RunSeconds;
            }

            double mean = rates <= 0 ? RunSeconds : residual / rates;
            double utilisation = Math.Min(MostUtilisation, Math.Max(busy / cores, Math.Min(MostUtilisation, load)));
            double waits = ErlangC.Waiting(Math.Max(1, (int)Math.Round(available)), utilisation);
            double late = waits * Math.Exp(-slack / Math.Max(LeastSeconds, mean) * cores * (1 - utilisation));
            double met = 1 - Math.Clamp(late, 0, 1);
            if (load > 1)
            {
                return Math.Min(met + AdmissionGain, MostOverloadedAttainment) / load;
            }
            return Math.Max(met, LeastAttainment);
        }

        /// <summary>Runs at once that the cores left by others allow.</summary>
        private double Available(double others, int cores) =>
            Math.Max(LeastRuns, Math.Min(_instances, (cores - others) / _threads));
    }
}
