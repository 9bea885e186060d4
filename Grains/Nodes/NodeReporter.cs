using Microsoft.Extensions.Options;
using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Routing.Calls;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Nodes;

/// <summary>Says what this node has and does.</summary>
internal sealed class NodeReporter(
    InferenceEngine engine,
    ClusterNode node,
    NodeKnobs knobs,
    IOptions<NodeOptions> options,
    TimeProvider time
)
{
    private readonly Lock _lock = new();
    private TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private long _at = time.GetTimestamp();
    private double _cpuShare;

    /// <summary>The report of now.</summary>
    /// <param name="serviceType">Grain type of the node's service.</param>
    public NodeReport Report(string serviceType)
    {
        IReadOnlyList<IServedModel> models = engine.Models;
        RouterCounters routed = node.Router.Counters;
        return new NodeReport
        {
            Name = node.Name,
            Address = node.Address,
            Gateway = node.Gateway,
            ServiceType = serviceType,
            Resources = Resources(),
            Draining = node.Draining,
            Offers = [.. models.Select(model => model.Name).Distinct().Select(Offer).OfType<ModelOffer>()],
            Replicas = [.. models.Select(Describe)],
            ReplicaGrains = [.. node.ReplicaGrains],
            PlanEpoch = node.Plan.Epoch,
            RoutingSequence = node.Router.Snapshot.Table.Sequence,
            CpuShare = CpuShare(),
            MemoryReserved = engine.Memory.Reserved,
            RequestsServed = node.RequestsServed,
            BytesServed = node.BytesServed,
            RequestsForwarded = routed.Remote,
            BytesForwarded = routed.RemoteBytes,
            Withdrawn = [.. engine.Withdrawn],
            IsReady = engine.IsReady,
        };
    }

    private NodeResources Resources() =>
        new()
        {
            Cores = Environment.ProcessorCount,
            Lanes = engine.Tuner.Parallelism,
            MemoryBytes = engine.Memory.Capacity,
            Devices = [.. engine.Devices],
            LinkMbps =
                options.Value.LinkMbps > 0
                    ? options.Value.LinkMbps
                    : NetworkLink.MegabitsPerSecond(node.Address.Endpoint.Address),
            Labels = new Dictionary<string, string>(options.Value.Labels),
        };

    private ModelOffer? Offer(string model)
    {
        try
        {
            return engine.Content.ManifestOfServed(model) is { } manifest
                ? new ModelOffer(
                    model,
                    manifest.Revision,
                    manifest.ContentTime,
                    engine.MemoryOfServed(model),
                    engine.IsWanted(model)
                )
                : null;
        }
        catch (IOException)
        {
            // Its files are gone or being replaced: it serves on, but cannot be given to others.
            return null;
        }
    }

    private ReplicaReport Describe(IServedModel model)
    {
        InferenceStatistics statistics = engine.Statistics(model);
        ReplicaRoute route = new()
        {
            Version = model.Version,
            Concurrency = 1,
            RowsPerBatch = Math.Max(1, model.Signature.MaxBatchSize),
            IsBatched = model.Signature.IsBatched,
            HasSequences = model.Sequences is not null,
            // An ensemble has no queue of its own: its steps' queues limit it.
            MaxQueuedRequests = int.MaxValue,
        };
        if (model is ModelReplica replica)
        {
            BatchCost cost = replica.Cost;
            BatchLimits limits = replica.Limits;
            route = route.WithCost(cost) with
            {
                IsBatched = replica.IsBatching,
                Concurrency = limits.Concurrency,
                RowsPerBatch = BatchPolicy.Cap(limits, cost),
                MaxQueuedRequests = limits.MaxQueuedRequests,
            };
        }

        return new ReplicaReport
        {
            Model = model.Name,
            Version = model.Version,
            Route = route,
            Queued = statistics.PendingRequests,
            Rows = statistics.InferenceCount,
            MemoryBytes = statistics.MemoryBytes,
            Requests = statistics.Requests,
            Violations = statistics.Violations,
            Runs = statistics.ExecutionCount,
            RunSeconds = statistics.RunSeconds,
            Bytes = statistics.Bytes,
            SloMs = (model as ModelReplica)?.Policy.SloP99Ms ?? 0,
            MaxRows = Math.Max(1, model.Signature.MaxBatchSize),
            Knobs = (model as ModelReplica)?.Knobs ?? default,
            Profile = knobs.Profile(model),
            Variants = [.. (model as ModelReplica)?.Variants.Select(variant => variant.Name) ?? []],
        };
    }

    private double CpuShare()
    {
        lock (_lock)
        {
            double elapsed = time.GetElapsedTime(_at).TotalSeconds;
            // Several ask for reports; over less time than this a share is noise.
            if (elapsed < 0.2)
            {
                return _cpuShare;
            }
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            _cpuShare = Math.Clamp((cpu - _cpu).TotalSeconds / elapsed / Environment.ProcessorCount, 0, 1);
            _cpu = cpu;
            _at = time.GetTimestamp();
            return _cpuShare;
        }
    }
}
