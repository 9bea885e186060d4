using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansInference.Training.Ads;

/// <summary>
/// The network that is served. It has separable convolutions over the pooled picture, a mean of hashed n-gram
/// embeddings, and embeddings of hour, device and segment. Their features, and the product of picture and text, go
/// through a small perceptron with dropout. Gives logits [n, 1].
/// </summary>
internal sealed class AdNetwork : Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    /// <summary>
    /// Pooling in front of the first convolution, done by <see cref="AdBatch.StandardisePooled"/> in training: a
    /// picture's detail is that of 32 × 32.
    /// </summary>
    public const int Pool = 7;

    /// <summary>Channels after each block; each halves width and height.</summary>
    public static readonly int[] Channels = [16, 32, 64, 64];

    /// <summary>Values of picture and of text that are multiplied.</summary>
    public const int Joint = 16;

    /// <summary>Hours, devices and segments.</summary>
    public static readonly (int Count, int Width)[] Embedded =
    [
        (24, 4),
        (ClickModel.Devices, 2),
        (ClickModel.Segments, 8),
    ];

    /// <summary>Width of the perceptron.</summary>
    public const int Hidden = 64;

#pragma warning disable CA2213 // Torch disposes registered modules with this one.
    private readonly Conv2d _first = Conv2d(3, Channels[0], 3, stride: 1, padding: 1, bias: false);
    private readonly BatchNorm2d _firstNorm = BatchNorm2d(Channels[0]);
    private readonly ModuleList<Conv2d> _depthwise = new();
    private readonly ModuleList<Conv2d> _pointwise = new();
    private readonly ModuleList<BatchNorm2d> _norms = new();
    private readonly ModuleList<Embedding> _embeddings = new();
    private readonly Embedding _text = Embedding(AdTitles.Buckets, Joint);
    private readonly Linear _picture = Linear(Channels[^1], Joint);
    private readonly Linear _hidden;
    private readonly Linear _out = Linear(Hidden, 1);
    private readonly Dropout _dropout = Dropout(0.2);
#pragma warning restore CA2213

    /// <summary>Creates it with random weights.</summary>
    public AdNetwork()
        : base(nameof(AdNetwork))
    {
        for (int i = 1; i < Channels.Length; i++)
        {
            _depthwise.Add(
                Conv2d(Channels[i - 1], Channels[i - 1], 3, stride: 2, padding: 1, groups: Channels[i - 1], bias: false)
            );
            _pointwise.Add(Conv2d(Channels[i - 1], Channels[i], 1, bias: false));
            _norms.Add(BatchNorm2d(Channels[i]));
        }

        foreach ((int count, int width) in Embedded)
        {
            _embeddings.Add(Embedding(count, width));
        }
        _hidden = Linear((3 * Joint) + Embedded.Sum(each => each.Width) + 1, Hidden);
        RegisterComponents();
    }

    /// <summary>Multiply–adds of one picture's way through the convolutions.</summary>
    public static long MultiplyAdds
    {
        get
        {
            long side = AdBatch.Side / Pool;
            long sum = side * side * 27 * Channels[0];
            for (int i = 1; i < Channels.Length; i++)
            {
                side /= 2;
                sum += side * side * ((9L * Channels[i - 1]) + ((long)Channels[i - 1] * Channels[i]));
            }

            return sum + (Channels[^1] * Joint);
        }
    }

    /// <inheritdoc />
    public override torch.Tensor forward(
        torch.Tensor image,
        torch.Tensor text,
        torch.Tensor categories,
        torch.Tensor numbers
    )
    {
        torch.Tensor x = functional.relu(_firstNorm.forward(_first.forward(image)));
        for (int i = 0; i < _norms.Count; i++)
        {
            x = functional.relu(_norms[i].forward(_pointwise[i].forward(_depthwise[i].forward(x))));
        }
        torch.Tensor picture = _picture.forward(x.mean([2, 3]));
        torch.Tensor mask = text.ne(0).to(ScalarType.Float32).unsqueeze(2);
        torch.Tensor words = (_text.forward(text) * mask).sum(1) / mask.sum(1).clamp_min(1);
        torch.Tensor[] context = [.. _embeddings.Select((embedding, i) => embedding.forward(categories.select(1, i)))];
        torch.Tensor all = cat([picture, words, picture * words, .. context, numbers], 1);
        return _out.forward(_dropout.forward(functional.relu(_hidden.forward(all))));
    }
}
