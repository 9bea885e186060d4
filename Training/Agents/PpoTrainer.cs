using OrleansInference.Agent.Policy;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansInference.Training.Agents;

/// <summary>
/// Proximal policy optimisation (Schulman and others 2017): the clipped surrogate, a value as baseline, an entropy
/// bonus.
/// </summary>
internal sealed class PpoTrainer : IDisposable
{
    private const float Clip = 0.2f;
    private const double EntropyBonus = 0.0003;
    private const double ValueWeight = 0.5;
    private const double MaxNorm = 0.5;
    private const float MostDeviations = 5;
    private const int Epochs = 3;
    private const int BatchSize = 4096;

    /// <summary>Scale of the gains: half a point of attainment.</summary>
    private const float GainScale = 0.005f;

    private readonly PolicyNetwork _network;
    private readonly optim.Optimizer _optimiser;
    private readonly Random _order;

    /// <summary>Creates it.</summary>
    public PpoTrainer(PolicyNetwork network, double learningRate, int seed)
    {
        _network = network;
        _optimiser = optim.Adam(network.parameters(), learningRate);
        _order = new Random(seed);
    }

    /// <inheritdoc />
    public void Dispose() => _optimiser.Dispose();

    /// <summary>Learns which knobs to set.</summary>
    /// <returns>The mean entropy of the policy, and the share of actions that are not the default.</returns>
    public (double Entropy, double Departures) LearnKnobs(IReadOnlyList<KnobSample> samples)
    {
        if (samples.Count == 0)
        {
            return (0, 0);
        }
        using DisposeScope all = NewDisposeScope();
        torch.Tensor tokens = tensor(
            samples.SelectMany(sample => sample.Token).ToArray(),
            [samples.Count, 1, PolicySchema.Width]
        );
        torch.Tensor mask = ones(samples.Count, 1);
        torch.Tensor actions = tensor(samples.Select(sample => (long)sample.Action).ToArray());
        torch.Tensor before = tensor(samples.Select(sample => sample.LogProbability).ToArray());
        torch.Tensor returns = tensor(samples.Select(sample => sample.Return).ToArray());
        torch.Tensor advantages;
        using (no_grad())
        {
            (_, _, torch.Tensor values) = _network.forward(tokens, mask);
            advantages = returns - values.squeeze(1);
            // A few looks with half of all requests lost must not drown the rest.
            advantages = ((advantages - advantages.mean()) / (advantages.std() + 1e-6)).clamp(
                -MostDeviations,
                MostDeviations
            );
        }

        double entropy = 0;
        int[] order = [.. Enumerable.Range(0, samples.Count)];
        int steps = 0;
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            _order.Shuffle(order);
            foreach (int[] chunk in order.Chunk(BatchSize))
            {
                using DisposeScope scope = NewDisposeScope();
                torch.Tensor index = tensor(chunk.Select(i => (long)i).ToArray());
                (torch.Tensor logits, _, torch.Tensor values) = _network.forward(
                    tokens.index_select(0, index),
                    mask.index_select(0, index)
                );
                torch.Tensor logs = functional.log_softmax(logits.squeeze(1), 1);
                torch.Tensor taken = logs.gather(1, actions.index_select(0, index).unsqueeze(1)).squeeze(1);
                torch.Tensor ratio = (taken - before.index_select(0, index)).exp();
                torch.Tensor advantage = advantages.index_select(0, index);
                torch.Tensor surrogate = minimum(ratio * advantage, ratio.clamp(1 - Clip, 1 + Clip) * advantage).mean();
                torch.Tensor spread = -(logs.exp() * logs).sum(1).mean();
                torch.Tensor error = functional.mse_loss(values.squeeze(1), returns.index_select(0, index));
                Step((ValueWeight * error) - surrogate - (EntropyBonus * spread));
                entropy += spread.item<float>();
                steps++;
            }
        }

        return (entropy / steps, samples.Count(sample => sample.Action != 0) / (double)samples.Count);
    }

    /// <summary>
    /// Learns which candidate to try. In the warm start it imitates the trial's best candidate. Afterwards it uses PPO
    /// with the trial's gain as reward and the decision's mean gain as baseline.
    /// </summary>
    /// <returns>Mean gain of what it would try ÷ mean gain of the best, 0 to 1.</returns>
    public double LearnRanks(IReadOnlyList<PlanChoice> choices, bool warmStart)
    {
        if (choices.Count == 0)
        {
            return 0;
        }
        double tried = 0;
        double best = 0;
        foreach (PlanChoice choice in choices)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = choice.Gains.Length;
            torch.Tensor tokens = tensor(choice.Tokens, [count, PolicySchema.MostTokens, PolicySchema.Width]);
            torch.Tensor mask = tensor(choice.Mask, [count, PolicySchema.MostTokens]);
            torch.Tensor gains = tensor(choice.Gains);
            (_, torch.Tensor ranks, _) = _network.forward(tokens, mask);
            torch.Tensor logs = functional.log_softmax(ranks, 0);
            tried += Math.Max(0, choice.Gains[(int)ranks.argmax().item<long>()]);
            best += Math.Max(0, choice.Gains.Max());
            if (warmStart)
            {
                Step(-(functional.softmax(gains / GainScale, 0) * logs).sum());
                continue;
            }

            torch.Tensor probabilities = logs.exp().detach();
            torch.Tensor baseline = (probabilities * gains).sum();
            int action = (int)multinomial(probabilities, 1).item<long>();
            float advantage = Math.Clamp((choice.Gains[action] - baseline.item<float>()) / GainScale, -3, 3);
            float old = logs[action].item<float>();
            for (int epoch = 0; epoch < 2; epoch++)
            {
                (_, torch.Tensor now, _) = _network.forward(tokens, mask);
                torch.Tensor ratio = (functional.log_softmax(now, 0)[action] - old).exp();
                Step(-minimum(ratio * advantage, ratio.clamp(1 - Clip, 1 + Clip) * advantage));
            }
        }

        return best <= 0 ? 1 : tried / best;
    }

    private void Step(torch.Tensor loss)
    {
        _optimiser.zero_grad();
        loss.backward();
        torch.nn.utils.clip_grad_norm_(_network.parameters(), MaxNorm);
        _optimiser.step();
    }
}
