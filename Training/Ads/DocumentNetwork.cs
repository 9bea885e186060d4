using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansInference.Training.Ads;

/// <summary>
/// The source document's network as it stands, which sees the picture alone. It has two convolutions with max pooling,
/// a dense layer of 128, dropout 0.5 and one output. Gives logits [n, 1].
/// </summary>
internal sealed class DocumentNetwork : Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
#pragma warning disable CA2213 // Torch disposes registered modules with this one.
    private readonly Conv2d _first = Conv2d(3, 32, 3, padding: 1);
    private readonly Conv2d _second = Conv2d(32, 64, 3, padding: 1);
    private readonly Linear _dense = Linear(64 * (AdBatch.Side / 4) * (AdBatch.Side / 4), 128);
    private readonly Linear _out = Linear(128, 1);
    private readonly Dropout _dropout = Dropout(0.5);
#pragma warning restore CA2213

    /// <summary>Creates it with random weights.</summary>
    public DocumentNetwork()
        : base(nameof(DocumentNetwork)) => RegisterComponents();

    /// <summary>Multiply–adds of one picture.</summary>
    public static long MultiplyAdds => (224L * 224 * 27 * 32) + (112L * 112 * 288 * 64) + (64L * 56 * 56 * 128) + 128;

    /// <inheritdoc />
    public override torch.Tensor forward(
        torch.Tensor image,
        torch.Tensor text,
        torch.Tensor categories,
        torch.Tensor numbers
    )
    {
        torch.Tensor x = functional.max_pool2d(functional.relu(_first.forward(image)), 2);
        x = functional.max_pool2d(functional.relu(_second.forward(x)), 2);
        return _out.forward(_dropout.forward(functional.relu(_dense.forward(x.flatten(1)))));
    }
}
