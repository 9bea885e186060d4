using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Grains.Nodes;

/// <summary>What an operator says of a node. Configuration section <c>Node</c>.</summary>
public sealed class NodeOptions
{
    /// <summary>Its name in the cluster, unique; by default the machine's and its silo port.</summary>
    public string Name { get; set; } = "";

    /// <summary>Labels, such as <c>Node:Labels:zone=a</c>.</summary>
    public Dictionary<string, string> Labels { get; } = [];

    /// <summary>Megabits per second of its link; 0 for what the system says of its network interface.</summary>
    [Range(0, 1e9)]
    public double LinkMbps { get; set; }

    /// <summary>
    /// Seconds between a stopping node's readiness going away and its beginning to empty itself; a lone node does not
    /// wait.
    /// </summary>
    [Range(0, 600)]
    public double DrainDelaySeconds { get; set; } = 1;

    /// <summary>Seconds that a node that stops waits for the cluster to send its requests elsewhere.</summary>
    [Range(0, 3600)]
    public double LeaveSeconds { get; set; } = 30;

    /// <summary>
    /// Most bytes of requests from other nodes and clients that it holds at once; one more is refused.
    /// </summary>
    [Range(1024, long.MaxValue)]
    public long MaxBytesInFlight { get; set; } = 1L << 30;

    /// <summary>
    /// Whether the node sets the size of batches by what it measures, where neither configuration nor plan does.
    /// </summary>
    public bool FastLoop { get; set; } = true;

    /// <summary>
    /// Whether a newly loaded model's best batch, threads and instances are searched on the live replica. The search
    /// begins once the node has had no requests for <see cref="ProfileIdleSeconds"/>, and requests end it. What was
    /// found takes turns with the usual settings for the first seconds of live requests. It is kept for the model's
    /// revision if they were answered sooner.
    /// </summary>
    public bool ProfileOnLoad { get; set; } = true;

    /// <summary>Seconds without requests before a search on load begins.</summary>
    [Range(0.5, 3600)]
    public double ProfileIdleSeconds { get; set; } = 5;

    /// <summary>
    /// Share of the processor that others may use while such a search measures, from 0 to 1. With more of it, the
    /// search is thrown away and tried again later. So is one whose same settings come out twice as much apart before
    /// and after.
    /// </summary>
    [Range(0.0, 1.0)]
    public double ProfileDisturbance { get; set; } = 0.1;
}
