using System.Net;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Load.Orleans;

internal sealed record CallPlan
{
    public required IPEndPoint Gateway { get; init; }

    /// <summary>Sent again and again: over memory of its own, which the client only reads.</summary>
    public required InferenceRequest Request { get; init; }

    public required int InFlight { get; init; }

    public required double Seconds { get; init; }

    public required double Warmup { get; init; }

    public int? SiloProcess { get; init; }

    public double ModelMicroseconds { get; init; }
}
