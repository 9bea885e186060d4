using System.Net;

namespace OrleansInference.Load.Http;

/// <summary>What to send where, for how long. A rate makes it an open loop.</summary>
internal sealed record LoadPlan(IPEndPoint Server, byte[] Request, int Connections, double Seconds, double Warmup)
{
    public double? Rate { get; init; }

    public int Seed { get; init; } = 1;

    public int? ServerProcess { get; init; }
}
