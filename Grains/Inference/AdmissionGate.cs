using System.Collections.Concurrent;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Nodes;
using OrleansInference.Routing.Snapshots;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Inference;

/// <summary>The gate of a node, over what its router and its engine know of the replicas.</summary>
internal sealed class AdmissionGate(ClusterNode node, ModelFinder models) : IAdmissionGate
{
    private readonly ConcurrentDictionary<string, ModelGate> _models = new();
    private readonly TenantTable _tenants = new();

    /// <summary>Decides by a request's headers whether it may enter (step 2).</summary>
    public AdmissionOutcome TryEnter(in AdmissionRequest request)
    {
        if (request.IsProbe)
        {
            return new AdmissionOutcome(Uncounted.Instance, "", TimeSpan.Zero);
        }
        TimeSpan now = node.Router.Now;
        TenantTable.Entry tenant = _tenants.Of(request.Tenant);
        if (!tenant.TryTake(request.QuotaPerSecond, now, out double retry))
        {
            return new AdmissionOutcome(
                null,
                $"tenant '{request.Tenant}' is over its quota of {request.QuotaPerSecond:0.###} requests a second",
                TimeSpan.FromSeconds(retry)
            );
        }

        ModelLookup found = models.Find(request.ModelName, request.ModelVersion);
        // What nobody serves is let in: the dispatcher says why, or loads it.
        if (Capacity(found, request.ModelVersion, now) is not { } capacity)
        {
            return new AdmissionOutcome(tenant.Enter(null, found), "", TimeSpan.Zero);
        }
        ModelGate gate = _models.GetOrAdd(request.ModelName, static _ => new ModelGate());
        GateDecision decision = gate.TryEnter(capacity, tenant.Name, request.Weight, request.Timeout, now);
        tenant.Count(decision.Verdict);
        TimeSpan retryAfter = TimeSpan.FromSeconds(Math.Min(3600, decision.RetryAfterSeconds));
        return decision.Verdict switch
        {
            GateVerdict.Admit => new AdmissionOutcome(tenant.Enter(gate, found), "", TimeSpan.Zero),
            GateVerdict.OverShare => new AdmissionOutcome(
                null,
                $"tenant '{request.Tenant}' has its share of the queue of model '{request.ModelName}', in "
                    + $"which others wait too",
                retryAfter
            ),
            _ when request.Timeout <= TimeSpan.Zero => new AdmissionOutcome(
                null,
                $"Exceeds maximum queue size: {gate.Outstanding} requests to model '{request.ModelName}' wait or run, as "
                    + "many as may",
                retryAfter
            ),
            _ => new AdmissionOutcome(
                null,
                $"model '{request.ModelName}' would answer in about {decision.PredictedSeconds * 1000:F0} "
                    + $"ms, the deadline is in {request.Timeout.TotalMilliseconds:F0} ms; {gate.Outstanding} "
                    + $"requests are before it",
                retryAfter
            ),
        };
    }

    /// <inheritdoc />
    public IReadOnlyList<TenantStatistics> GetTenants() => _tenants.Read();

    private static ServiceCapacity? Capacity(in ModelLookup found, string version, TimeSpan now)
    {
        if (found.Targets is not { } targets)
        {
            return found.Here is ModelReplica replica ? Here(replica) : null;
        }
        double speed = 0;
        double own = double.PositiveInfinity;
        double wait = double.PositiveInfinity;
        long room = 0;
        foreach (ReplicaTarget target in targets.Of(version))
        {
            if (target.Node.IsEjected)
            {
                continue;
            }
            speed += target.Rate.RowsPerSecond;
            own = Math.Min(own, target.Rate.OwnSeconds(1));
            wait = Math.Min(wait, target.Load.SeenWaitSeconds(now));
            room += (long)target.Route.MaxQueuedRequests + target.Route.Concurrency;
        }

        return room == 0 ? null : new ServiceCapacity(speed, own, wait, room);
    }

    private static ServiceCapacity Here(ModelReplica replica)
    {
        BatchLimits limits = replica.Limits;
        ServiceRate rate = ServiceRate.From(limits, replica.Cost);
        double wait = FinishEstimate.Predict(replica.QueuedRequests, rate.RowsPerSecond, ownSeconds: 0).WaitSeconds;
        return new ServiceCapacity(
            rate.RowsPerSecond,
            rate.OwnSeconds(1),
            wait,
            limits.MaxQueuedRequests + limits.Concurrency
        );
    }

    /// <summary>The ticket of a request that no count holds.</summary>
    private sealed class Uncounted : AdmissionTicket
    {
        public static readonly Uncounted Instance = new();

        public override void Dispose()
        {
            // Nothing was counted.
        }
    }
}
