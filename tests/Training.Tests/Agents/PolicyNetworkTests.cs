using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Training.Agents;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansInference.Training.Tests.Agents;

/// <summary>The policy's network in Torch and as it is served.</summary>
public sealed class PolicyNetworkTests
{
    [Fact]
    public void Write_TheServedFile_AnswersAsTorchDoes()
    {
        Assert.SkipWhen(TorchLibrary.Problem is not null, TorchLibrary.Problem ?? "");
        random.manual_seed(3);
        using PolicyNetwork network = new();
        using (no_grad())
        {
            foreach (var parameter in network.parameters())
            {
                parameter.add_(randn_like(parameter) * 0.1);
            }
        }

        using PolicyModel model = PolicyModel.Load(
            PolicyExport.Write(network, "a test"),
            PolicySchema.Hash,
            PolicySchema.Width,
            PolicySchema.Actions
        );
        const int Sets = 5;
        const int Count = 7;
        using torch.Tensor tokens = randn(Sets, Count, PolicySchema.Width),
            mask = (rand(Sets, Count) > 0.3).to(ScalarType.Float32);
        (torch.Tensor actions, torch.Tensor ranks, _) = network.forward(tokens, mask);
        float[] servedActions = new float[Sets * Count * PolicySchema.Actions];
        float[] servedRanks = new float[Sets];
        model.Run(
            tokens.data<float>().ToArray(),
            mask.data<float>().ToArray(),
            Sets,
            Count,
            servedActions,
            servedRanks
        );

        Assert.InRange(network.ExportedParameters, 20_000, 40_000);
        Assert.All(
            actions.detach().data<float>().ToArray().Zip(servedActions),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f)
        );
        Assert.All(
            ranks.detach().data<float>().ToArray().Zip(servedRanks),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f)
        );
    }

    [Fact]
    public void AnUntrainedPolicy_PrefersTheDefault()
    {
        Assert.SkipWhen(TorchLibrary.Problem is not null, TorchLibrary.Problem ?? "");
        using PolicyNetwork network = new();
        using PolicyModel model = PolicyModel.Load(
            PolicyExport.Write(network, "a test"),
            PolicySchema.Hash,
            PolicySchema.Width,
            PolicySchema.Actions
        );
        float[] actions = new float[PolicySchema.Actions];
        float[] rank = new float[1];

        model.Run(new float[PolicySchema.Width], [1], 1, 1, actions, rank);

        Assert.Equal(0, PolicyAction.Choose(actions, PolicyTuner.Margin));
    }

    /// <summary>PPO finds an action that pays, in a world of one state.</summary>
    [Fact]
    public void LearnKnobs_OneActionPays_IsChosen()
    {
        Assert.SkipWhen(TorchLibrary.Problem is not null, TorchLibrary.Problem ?? "");
        random.manual_seed(4);
        using PolicyNetwork network = new();
        using PpoTrainer trainer = new(network, 3e-3, 1);
        Random choices = new(5);
        float[] token = [.. Enumerable.Repeat(0.5f, PolicySchema.Width)];
        for (int update = 0; update < 30; update++)
        {
            float[] logs;
            using (no_grad())
            {
                logs = nn
                    .functional.log_softmax(
                        network.forward(tensor(token, [1, 1, PolicySchema.Width]), ones(1, 1)).Actions.flatten(),
                        0
                    )
                    .data<float>()
                    .ToArray();
            }
            List<KnobSample> samples = [];
            for (int i = 0; i < 256; i++)
            {
                double at = choices.NextDouble();
                int action = 0;
                while (action + 1 < logs.Length && (at -= Math.Exp(logs[action])) > 0)
                {
                    action++;
                }
                samples.Add(new KnobSample(token, action, logs[action], action == 3 ? 1 : 0));
            }

            trainer.LearnKnobs(samples);
        }

        float[] learned = network
            .forward(tensor(token, [1, 1, PolicySchema.Width]), ones(1, 1))
            .Actions.detach()
            .data<float>()
            .ToArray();
        Assert.Equal(3, PolicyAction.Choose(learned, PolicyTuner.Margin));
    }
}
