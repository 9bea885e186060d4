using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Replicas;

/// <content>What it does once rows were seen to influence each other.</content>
public sealed partial class ModelReplica
{
    /// <summary>
    /// An audited row was answered otherwise in its batch. Where the operator configured batching, that is a warning;
    /// else batching ends here.
    /// </summary>
    private void OnRowsMet(string difference)
    {
        if (!IsBatchingConfigured)
        {
            StopBatching($"a row gave another answer in a batch than alone ({difference})");
            return;
        }

        string configured = $"max_batch_size is {Signature.MaxBatchSize}";
        Tell(
            $"{configured}, but a row gave another answer in a batch than alone ({difference}); set max_batch_size: 0"
        );
    }

    /// <summary>From the next batch on, each request runs alone and whole.</summary>
    private void StopBatching(string reason)
    {
        lock (_gate)
        {
            if (_schedule.Limits.OneRequest)
            {
                return;
            }
            _schedule.Limits = _schedule.Limits with { OneRequest = true };
            _configured = _configured with { OneRequest = true };
        }

        _executor.Audit = null;
        Tell($"requests run one at a time from now on: {reason}; set max_batch_size: 0");
    }

    private void Tell(string notice)
    {
        bool isNew = Notice != notice;
        Notice = notice;
        if (isNew)
        {
            RowsMet?.Invoke(notice);
        }
    }

    private ModelSession? TryHoldSession()
    {
        lock (_gate)
        {
            ModelSession session = _session;
            return session.TryAcquire() ? session : null;
        }
    }
}
