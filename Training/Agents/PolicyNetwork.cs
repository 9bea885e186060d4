using OrleansInference.Agent.Policy;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansInference.Training.Agents;

/// <summary>
/// Deep sets (Zaheer and others 2017) over tokens. Each token is embedded, and the mean of the embeddings stands for
/// the set. Actions follow from token and set, the worth of a candidate from the set. The last layers start at zero, so
/// that an untrained policy prefers the default.
/// </summary>
internal sealed class PolicyNetwork
    : Module<torch.Tensor, torch.Tensor, (torch.Tensor Actions, torch.Tensor Ranks, torch.Tensor Values)>
{
    /// <summary>Width of the layers.</summary>
    public const int Hidden = 72;

    /// <summary>What the default's logit starts at: about half of all exploration stays with it.</summary>
    public const double DefaultLogit = 2;

#pragma warning disable CA2213 // Torch disposes registered modules with this one.
    private readonly Linear _embed1 = Linear(PolicySchema.Width, Hidden);
    private readonly Linear _embed2 = Linear(Hidden, Hidden);
    private readonly Linear _token = Linear(Hidden, Hidden);
    private readonly Linear _set = Linear(Hidden, Hidden, hasBias: false);
    private readonly Linear _actions = Linear(Hidden, PolicySchema.Actions);
    private readonly Linear _rank1 = Linear(Hidden, Hidden);
    private readonly Linear _rank2 = Linear(Hidden, 1);
    private readonly Linear _value1 = Linear(PolicySchema.Width, Hidden);
    private readonly Linear _value2 = Linear(Hidden, 1);
#pragma warning restore CA2213

    /// <summary>Creates it.</summary>
    public PolicyNetwork()
        : base(nameof(PolicyNetwork))
    {
        RegisterComponents();
        foreach (Linear last in new[] { _actions, _rank2, _value2 })
        {
            init.zeros_(last.weight);
            init.zeros_(last.bias);
        }

        using IDisposable noGradient = no_grad();
        _actions.bias![0] = DefaultLogit;
    }

    /// <summary>Numbers that are trained and exported.</summary>
    public long ExportedParameters =>
        parameters().Sum(parameter => parameter.numel())
        - new[] { _value1, _value2 }.Sum(layer => layer.parameters().Sum(parameter => parameter.numel()));

    /// <inheritdoc />
    public override (torch.Tensor Actions, torch.Tensor Ranks, torch.Tensor Values) forward(
        torch.Tensor tokens,
        torch.Tensor mask
    )
    {
        torch.Tensor embedded = functional.relu(_embed2.forward(functional.relu(_embed1.forward(tokens))));
        torch.Tensor present = mask.unsqueeze(2);
        torch.Tensor set = (embedded * present).sum(1, keepdim: true) / present.sum(1, keepdim: true).clamp_min(1);
        torch.Tensor actions = _actions.forward(functional.relu(_token.forward(embedded) + _set.forward(set)));
        torch.Tensor ranks = _rank2.forward(functional.relu(_rank1.forward(set))).flatten();
        torch.Tensor values = _value2.forward(functional.relu(_value1.forward(tokens))).squeeze(2);
        return (actions, ranks, values);
    }
}
