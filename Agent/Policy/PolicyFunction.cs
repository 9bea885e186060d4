namespace OrleansInference.Agent.Policy;

/// <summary>
/// The learned network: sets of tokens in, the worth of each action for each token and the worth of each set out.
/// </summary>
/// <param name="tokens">[sets, count, <see cref="PolicySchema.Width"/>], row major.</param>
/// <param name="mask">[sets, count]: 1 for a token, 0 for padding.</param>
/// <param name="sets">Sets, ≥ 1.</param>
/// <param name="count">Tokens of each set, ≥ 1.</param>
/// <param name="actions">Receives [sets, count, <see cref="PolicySchema.Actions"/>] logits.</param>
/// <param name="ranks">Receives [sets] logits.</param>
public delegate void PolicyFunction(
    ReadOnlySpan<float> tokens,
    ReadOnlySpan<float> mask,
    int sets,
    int count,
    Span<float> actions,
    Span<float> ranks
);
