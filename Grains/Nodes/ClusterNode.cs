using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// This node in the cluster: the plan that it follows, the router that its requests go through, and whether it drains.
/// </summary>
internal sealed class ClusterNode
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, byte> _replicaGrains = new();
    private ClusterPlan _plan = ClusterPlan.Empty;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _requestsServed;
    private long _bytesServed;
    private int _serving;
    private TaskCompletionSource? _idle;
    private volatile bool _draining;

    public ClusterNode(
        ILocalSiloDetails silo,
        NodeTransport transport,
        IOptions<RouterOptions> options,
        TimeProvider time
    )
    {
        Address = silo.SiloAddress;
        Name = silo.Name;
        Gateway = silo.GatewayAddress is { Endpoint.Port: > 0 } gateway ? gateway.Endpoint.ToString() : "";
        // Where each router's numbers begin follows from its silo's identity, so that no two walk in step.
        Router = new RequestRouter(
            transport,
            options.Value,
            time,
            seed: (uint)Address.GetConsistentHashCode() / (uint.MaxValue + 1.0)
        );
        Watch = new NodeWatch(Router, transport, options.Value, time);
    }

    /// <summary>The silo's name.</summary>
    public string Name { get; }

    /// <summary>The silo's address.</summary>
    public SiloAddress Address { get; }

    /// <summary>Where clients connect, <c>IP:PORT</c>; empty where they cannot.</summary>
    public string Gateway { get; }

    /// <summary>Sends requests to replicas.</summary>
    public RequestRouter Router { get; }

    /// <summary>Ejects lost nodes from the router.</summary>
    public NodeWatch Watch { get; }

    /// <summary>Whether the node asked to be emptied.</summary>
    public bool Draining
    {
        get => _draining;
        set => _draining = value;
    }

    /// <summary>The plan that it follows.</summary>
    public ClusterPlan Plan
    {
        get
        {
            lock (_lock)
            {
                return _plan;
            }
        }
    }

    /// <summary>Keys of the replica grains that live here.</summary>
    public ICollection<string> ReplicaGrains => _replicaGrains.Keys;

    /// <summary>Requests that other nodes and clients sent here directly.</summary>
    public long RequestsServed => Interlocked.Read(ref _requestsServed);

    /// <summary>Bytes of tensors of those requests and their answers.</summary>
    public long BytesServed => Interlocked.Read(ref _bytesServed);

    /// <summary>Ends with the next plan or table.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Takes a plan and a table over where they are newer.</summary>
    /// <returns>The epoch that it follows now.</returns>
    public long Apply(ClusterPlan plan, RoutingTable routing)
    {
        TaskCompletionSource? changed = null;
        long epoch;
        lock (_lock)
        {
            if (plan.Epoch < _plan.Epoch)
            {
                return _plan.Epoch;
            }
            bool newer = plan.Epoch > _plan.Epoch;
            if (newer)
            {
                _plan = plan;
            }
            epoch = _plan.Epoch;
            if (Router.Update(routing, Address) || newer)
            {
                changed = _changed;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        changed?.TrySetResult();
        return epoch;
    }

    /// <summary>Notes that a replica grain began or ended here.</summary>
    public void SetReplicaGrain(string key, bool lives)
    {
        if (lives)
        {
            _replicaGrains[key] = 0;
        }
        else
        {
            _replicaGrains.TryRemove(key, out _);
        }
    }

    /// <summary>Counts a request that was sent here directly.</summary>
    public void CountServed(long bytes)
    {
        Interlocked.Increment(ref _requestsServed);
        Interlocked.Add(ref _bytesServed, bytes);
    }

    /// <summary>
    /// Runs a request here that was sent here, counted as this router's own would be, so that it knows the load.
    /// </summary>
    public async Task<InferenceAnswer> RunCountedAsync(
        LocalExecutor executor,
        InferenceCall request,
        CancellationToken cancellationToken
    )
    {
        ReplicaLoadState? load = Router.Snapshot.Find(request.ModelName) is { } model
            ? Array.Find(model.Of(request.ModelVersion), target => target.Node.IsLocal)?.Load
            : null;
        int rows = RequestRows.Count(request);
        load?.Begin(rows);
        Interlocked.Increment(ref _serving);
        try
        {
            return await executor(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            load?.End(rows);
            if (Interlocked.Decrement(ref _serving) == 0)
            {
                Volatile.Read(ref _idle)?.TrySetResult();
            }
        }
    }

    /// <summary>Ends when no request that was sent here is under way.</summary>
    public Task IdleAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource idle = _idle = new TaskCompletionSource(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        // Read behind it: whoever counts down to zero from here on finds what to set.
        if (Volatile.Read(ref _serving) == 0)
        {
            idle.TrySetResult();
        }
        return idle.Task.WaitAsync(cancellationToken);
    }
}
