namespace OrleansInference.Load.Orleans;

/// <summary>
/// What a call through an Orleans client costs. Latencies in milliseconds, CPU in microseconds a call.
/// </summary>
internal sealed record CallCost
{
    public required int InFlight { get; init; }

    public required double Seconds { get; init; }

    public required long Calls { get; init; }

    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double ClientCpu { get; init; }

    /// <summary>Null where the silo's process was not named, or has ended.</summary>
    public double? SiloCpu { get; init; }

    /// <summary>CPU that the model's run alone takes, as the user measured it; 0 where it is not taken out.</summary>
    public double ModelCpu { get; init; }

    public double CallsPerSecond => Calls / Seconds;

    public double? Sum => ClientCpu + SiloCpu;

    public double? SumWithoutModel => Sum - ModelCpu;
}
