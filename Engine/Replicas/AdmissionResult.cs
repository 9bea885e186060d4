using OrleansInference.Engine.Batching;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Replicas;

/// <summary>What became of a request at a replica's door: queued, refused, or not taken since the door is closed.</summary>
internal readonly struct AdmissionResult
{
    private AdmissionResult(QueuedInference? queued, InferenceAnswer? refusal)
    {
        Queued = queued;
        Refusal = refusal;
    }

    /// <summary>The replica takes nothing more; the request is still its caller's.</summary>
    public static AdmissionResult Closed => default;

    /// <summary>The request in the queue; null where it is not.</summary>
    public QueuedInference? Queued { get; }

    /// <summary>Why it was refused; null where it was not.</summary>
    public InferenceAnswer? Refusal { get; }

    /// <summary>Whether nothing was taken.</summary>
    public bool IsClosed => Queued is null && Refusal is null;

    /// <summary>It waits in the queue.</summary>
    public static AdmissionResult Admitted(QueuedInference queued) => new(queued, refusal: null);

    /// <summary>It was refused, and its tensors are released.</summary>
    public static AdmissionResult Refused(InferenceAnswer refusal) => new(queued: null, refusal);
}
