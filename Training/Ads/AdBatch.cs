using TorchSharp;
using static TorchSharp.torch;

namespace OrleansInference.Training.Ads;

/// <summary>
/// Creates the tensors of a batch. Pictures are prepared as in the source document; the random parts are for training
/// only.
/// </summary>
internal sealed class AdBatch(Picture[] pictures, Impression[] log)
{
    /// <summary>Width and height that pictures are brought to.</summary>
    public const int Side = 224;

    /// <summary>Weights of red, green and blue in a grey picture (ITU-R BT.601).</summary>
    private static readonly float[] Grey = [0.2989f, 0.587f, 0.114f];

    /// <summary>Bilinear resizing of a column of 32 to 224, [224, 32].</summary>
    private static readonly torch.Tensor Resizing = nn
        .functional.interpolate(
            eye(Picture.Size).reshape(1, 1, Picture.Size, Picture.Size),
            [Side, Picture.Size],
            mode: InterpolationMode.Bilinear,
            align_corners: false
        )
        .reshape(Side, Picture.Size)
        .DetachFromDisposeScope();

    /// <summary>The same, and then the means of each seven, [32, 32].</summary>
    private static readonly torch.Tensor Pooling = Resizing
        .reshape(Picture.Size, Side / Picture.Size, Picture.Size)
        .mean([1])
        .DetachFromDisposeScope();

    /// <summary>What a column adds to the mean of the resized picture, and to the mean of its squares.</summary>
    private static readonly torch.Tensor Weights = Resizing.mean([0]).DetachFromDisposeScope();
    private static readonly torch.Tensor Gram = Resizing.t().matmul(Resizing).DetachFromDisposeScope();

    private readonly Dictionary<string, long[]> _ids = [];
    private readonly Dictionary<
        int,
        (byte[] Pixels, long[] Text, long[] Categories, float[] Numbers, float[] Clicks)
    > _buffers = [];

    /// <summary>
    /// Pictures [n, 3, 32, 32] of 0–1, ids [n, 24], categories [n, 3] (hour, device, segment), numbers [n, 1], clicks
    /// [n, 1].
    /// </summary>
    public (
        torch.Tensor Image,
        torch.Tensor Text,
        torch.Tensor Categories,
        torch.Tensor Numbers,
        torch.Tensor Clicks
    ) Gather(ReadOnlySpan<int> rows)
    {
        int n = rows.Length;
        // Torch copies what it is given, so buffers are reused. Fresh arrays of this size would start a garbage
        // collection every few steps. TorchSharp's scalars do not survive a collection in the middle of a call.
        if (
            !_buffers.TryGetValue(
                n,
                out (byte[] Pixels, long[] Text, long[] Categories, float[] Numbers, float[] Clicks) buffer
            )
        )
        {
            _buffers[n] = buffer = (
                new byte[n * Picture.Size * Picture.Size * 3],
                new long[n * AdTitles.Length],
                new long[n * 3],
                new float[n],
                new float[n]
            );
        }

        (byte[] pixels, long[] text, long[] categories, float[] numbers, float[] clicks) = buffer;
        for (int i = 0; i < n; i++)
        {
            Impression row = log[rows[i]];
            pictures[row.Picture].Pixels.CopyTo(pixels, i * Picture.Size * Picture.Size * 3);
            if (!_ids.TryGetValue(row.Title, out long[]? ids))
            {
                _ids[row.Title] = ids = AdTitles.Ids(row.Title);
            }
            ids.CopyTo(text, i * AdTitles.Length);
            categories[i * 3] = row.Hour;
            categories[(i * 3) + 1] = row.Device;
            categories[(i * 3) + 2] = row.Segment;
            numbers[i] = row.Price;
            clicks[i] = row.Clicked ? 1 : 0;
        }

        torch.Tensor image = tensor(pixels, [n, Picture.Size, Picture.Size, 3])
            .to(ScalarType.Float32)
            .permute(0, 3, 1, 2)
            .div(255);
        return (
            image,
            tensor(text, [n, AdTitles.Length]),
            tensor(categories, [n, 3]),
            tensor(numbers, [n, 1]),
            tensor(clicks, [n, 1])
        );
    }

    /// <summary>
    /// Random flip left to right, brightness ± 0.2, saturation and contrast × 0.5–1.5, each picture its own.
    /// </summary>
    public static torch.Tensor Augment(torch.Tensor image, Generator generator)
    {
        long n = image.shape[0];
        torch.Tensor flip = rand([n, 1, 1, 1], generator: generator) < 0.5f;
        torch.Tensor changed = where(flip, image.flip(3), image);
        changed = changed + ((rand([n, 1, 1, 1], generator: generator) - 0.5f) * 0.4f);
        // Towards or away from the picture's own grey, and from its mean.
        torch.Tensor grey = (changed * tensor(Grey, [1, 3, 1, 1])).sum(1, keepdim: true);
        changed = grey + ((changed - grey) * (rand([n, 1, 1, 1], generator: generator) + 0.5f));
        torch.Tensor mean = changed.mean([2, 3], keepdim: true);
        changed = mean + ((changed - mean) * (rand([n, 1, 1, 1], generator: generator) + 0.5f));
        return changed.clamp(0, 1);
    }

    /// <summary>
    /// Gives [n, 3, 32, 32], the result of <see cref="Standardise"/> and a pooling of seven, without making the large
    /// picture. Both are linear in the small picture. The sum of squares of the large one is a quadratic form of the
    /// small one.
    /// </summary>
    public static torch.Tensor StandardisePooled(torch.Tensor image)
    {
        torch.Tensor pooled = Pooling.matmul(image).matmul(Pooling.t());
        torch.Tensor mean = image.matmul(Weights).matmul(Weights).mean([1]).reshape(-1, 1, 1, 1);
        torch.Tensor squares = (Gram.matmul(image).matmul(Gram) * image)
            .sum([1, 2, 3])
            .div(3.0 * Side * Side)
            .reshape(-1, 1, 1, 1);
        return (pooled - mean)
            / (squares - mean.pow(2)).clamp_min(0).sqrt().clamp_min(1 / Math.Sqrt(3.0 * Side * Side));
    }

    /// <summary>
    /// Resized to 224 × 224 (bilinear), then each picture brought to mean 0 and deviation 1: (x − mean) ÷
    /// max(deviation, 1 ÷ √values).
    /// </summary>
    public static torch.Tensor Standardise(torch.Tensor image)
    {
        torch.Tensor large = nn.functional.interpolate(
            image,
            [Side, Side],
            mode: InterpolationMode.Bilinear,
            align_corners: false
        );
        torch.Tensor mean = large.mean([1, 2, 3], keepdim: true);
        torch.Tensor deviation = (large - mean).pow(2).mean([1, 2, 3], keepdim: true).sqrt();
        return (large - mean) / deviation.clamp_min(1 / Math.Sqrt(3.0 * Side * Side));
    }
}
