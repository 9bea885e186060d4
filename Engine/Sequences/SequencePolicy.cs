namespace OrleansInference.Engine.Sequences;

/// <summary>How a model serves sequences, from its <c>sequence_batching</c>.</summary>
public sealed record SequencePolicy
{
    /// <summary>How long a sequence may be silent before its place and its state are given up.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sequences under way at once; others wait for a place. Strategy <c>direct</c>: the batch slots of all instances;
    /// <c>oldest</c>: <c>max_candidate_sequences</c>.
    /// </summary>
    public int MaxActive => Slots.Count;

    /// <summary>Whether each instance brings places of its own: strategy <c>direct</c>.</summary>
    public bool IsPerInstance { get; init; }

    /// <summary>Whether the first dimension of the inputs is a batch, which must be 1.</summary>
    public bool IsBatched { get; init; }

    /// <summary>What the model is told of the sequence.</summary>
    public IReadOnlyList<SequenceControl> Controls { get; init; } = [];

    /// <summary>What the model remembers.</summary>
    public IReadOnlyList<SequenceStateSpec> States { get; init; } = [];

    /// <summary>The places for sequences under way on this node.</summary>
    public required SequenceSlots Slots { get; init; }

    /// <summary>Whether an input is the server's to fill in.</summary>
    public bool IsHiddenInput(string name) =>
        Controls.Any(control => control.Spec.Name == name) || States.Any(state => state.Input.Name == name);

    /// <summary>Whether an output is the server's to keep.</summary>
    public bool IsHiddenOutput(string name) => States.Any(state => state.OutputName == name && !state.IsOutput);
}
