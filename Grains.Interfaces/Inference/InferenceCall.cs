namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// One inference request. Whoever passes it to <see cref="IRequestDispatcher"/> hands its tensors over: the dispatcher
/// disposes them as soon as the model no longer reads them, whatever the outcome.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.InferenceRequest")]
public sealed record InferenceCall : IDisposable
{
    /// <summary>The model's name in the repository.</summary>
    [Id(0)]
    public required string ModelName { get; init; }

    /// <summary>A decimal version number, or empty for the highest version that is ready.</summary>
    [Id(1)]
    public string ModelVersion { get; init; } = "";

    /// <summary>The caller's own id, returned unchanged; may be empty.</summary>
    [Id(2)]
    public string Id { get; init; } = "";

    /// <summary>The inputs, in any order; optional inputs may be left out.</summary>
    [Id(3)]
    public required Tensor[] Inputs { get; init; }

    /// <summary>Names of the outputs to return, in this order; empty for all.</summary>
    [Id(4)]
    public string[] RequestedOutputs { get; init; } = [];

    /// <summary>
    /// 1 is the most urgent; 0 stands for the model's default priority. The largest number where
    /// <see cref="WidePriority"/> says more.
    /// </summary>
    [Id(5)]
    public uint Priority { get; init; }

    /// <summary>
    /// Time left until the deadline, counted from the request's arrival at this hop; zero for no deadline.
    /// </summary>
    [Id(6)]
    public TimeSpan Timeout { get; init; }

    /// <summary>
    /// The caller's latency objective in milliseconds, which orders the queue; 0 for the model's own.
    /// </summary>
    [Id(7)]
    public double SloP99Ms { get; init; }

    /// <summary>
    /// The sequence that it belongs to: a decimal number or any text; empty for none. Requests of one sequence run one
    /// after the other, in the order in which they came.
    /// </summary>
    [Id(8)]
    public string SequenceId { get; init; } = "";

    /// <summary>Whether it is the first of its sequence; what the model remembers begins anew.</summary>
    [Id(9)]
    public bool SequenceStart { get; init; }

    /// <summary>Whether it is the last of its sequence.</summary>
    [Id(10)]
    public bool SequenceEnd { get; init; }

    /// <summary>
    /// Whether it stands behind all others in the model's queue, whatever their priorities: bulk work that may wait.
    /// </summary>
    [Id(11)]
    public bool Background { get; init; }

    /// <summary>Whose request it is; empty where nobody said.</summary>
    [Id(12)]
    public string Tenant { get; init; } = "";

    /// <summary>The tenant's share of a contended queue, relative to the others'; 0 stands for 1.</summary>
    [Id(13)]
    public double TenantWeight { get; init; }

    /// <summary>Whether the node made it up to measure itself: nobody's request, in no statistics and no log.</summary>
    [Id(14)]
    public bool IsProbe { get; init; }

    /// <summary>A priority of more than 32 bits, which nodes of earlier releases do not read; else 0.</summary>
    [Id(15)]
    public ulong WidePriority { get; init; }

    /// <summary>The priority, however many bits it has: 1 is the most urgent, 0 the model's default.</summary>
    public ulong PriorityLevel
    {
        get => WidePriority > 0 ? WidePriority : Priority;
        init
        {
            Priority = (uint)Math.Min(value, uint.MaxValue);
            WidePriority = value > uint.MaxValue ? value : 0;
        }
    }

    /// <summary>
    /// Whether the thread that brought it may run it, because it has nothing else to read or to start meanwhile. Never
    /// sent to another node.
    /// </summary>
    [field: NonSerialized]
    public bool MayRunOnCaller { get; init; }

    /// <summary>
    /// The same request after some of its time has passed, with what is left of its timeout. At least a tick is left,
    /// because zero would mean no deadline.
    /// </summary>
    public InferenceCall After(TimeSpan elapsed) =>
        Timeout <= TimeSpan.Zero
            ? this
            : this with
            {
                // A deadline that has passed is one tick: zero would be none at all.
                Timeout = Timeout > elapsed ? Timeout - elapsed : TimeSpan.FromTicks(1),
            };

    /// <summary>Releases the inputs.</summary>
    public void Dispose()
    {
        foreach (Tensor input in Inputs)
        {
            input.Dispose();
        }
    }
}
