using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Routing.Calls;

/// <summary>How a router deals with slow and lost nodes. Configuration section <c>Routing</c>.</summary>
public sealed class RouterOptions
{
    /// <summary>
    /// Whether a request that a node could not serve is sent to another one, once. Inference is pure, so that is safe;
    /// sequences are never sent twice.
    /// </summary>
    public bool Retry { get; set; } = true;

    /// <summary>
    /// After this many milliseconds without an answer a request is sent to a second replica as well, and the first
    /// answer counts; 0 for never.
    /// </summary>
    [Range(0, 600_000)]
    public double HedgeAfterMs { get; set; }

    /// <summary>Seconds without any answer from a node that has requests under way, after which it is probed.</summary>
    [Range(0.1, 3600)]
    public double StallSeconds { get; set; } = 1;

    /// <summary>Seconds that a probe may take.</summary>
    [Range(0.1, 3600)]
    public double ProbeTimeoutSeconds { get; set; } = 1.5;

    /// <summary>
    /// Probes in a row that must time out before a node is ejected; a refused or broken connection ejects it at once.
    /// </summary>
    [Range(1, 100)]
    public int ProbesToEject { get; set; } = 2;

    /// <summary>Seconds between the probes of an ejected node.</summary>
    [Range(0.1, 3600)]
    public double ReadmitSeconds { get; set; } = 0.5;

    /// <summary>
    /// Most bytes of inputs that a router has under way at once; one request more is refused here, before it is sent. 0
    /// for any number.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxBytesInFlight { get; set; } = 1L << 30;
}
