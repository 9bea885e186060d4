using System.Runtime.InteropServices;
using SkiaSharp;

namespace OrleansInference;

/// <summary>Turns pictures into tensors.</summary>
public static class ImageTensor
{
    /// <summary>
    /// Decodes a picture (JPEG, PNG, WebP, …), resizes its shorter side and crops its centre. The tensor is FP32 of
    /// shape [1, 3, crop, crop], or [1, crop, crop, 3] with channels last.
    /// </summary>
    /// <exception cref="InvalidDataException">The bytes are no picture.</exception>
    public static Tensor FromEncoded(string inputName, ReadOnlySpan<byte> picture, ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        using SKData data = SKData.CreateCopy(picture);
        using SKBitmap decoded =
            SKBitmap.Decode(data)
            ?? throw new InvalidDataException(
                $"The {picture.Length} bytes for input '{inputName}' are no picture in a known format."
            );
        double factor = (double)preprocessing.Resize / Math.Min(decoded.Width, decoded.Height);
        SKImageInfo size = new(
            Math.Max(preprocessing.Crop, (int)Math.Round(decoded.Width * factor)),
            Math.Max(preprocessing.Crop, (int)Math.Round(decoded.Height * factor)),
            SKColorType.Rgba8888,
            SKAlphaType.Opaque
        );
        using SKBitmap resized = decoded.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        return Convert(inputName, resized, preprocessing);
    }

    private static Tensor Convert(string inputName, SKBitmap picture, ImagePreprocessing preprocessing)
    {
        int side = preprocessing.Crop;
        int left = (picture.Width - side) / 2;
        int top = (picture.Height - side) / 2;
        TensorBuffer buffer = TensorBuffer.Rent(3 * side * side * sizeof(float));
        Span<float> values = MemoryMarshal.Cast<byte, float>(buffer.Span);
        ReadOnlySpan<byte> pixels = picture.GetPixelSpan();
        for (int y = 0; y < side; y++)
        {
            ReadOnlySpan<byte> row = pixels.Slice(((top + y) * picture.RowBytes) + (left * 4), side * 4);
            for (int x = 0; x < side; x++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    float pixel = row[(x * 4) + (preprocessing.IsBgr ? 2 - channel : channel)];
                    int place = preprocessing.ChannelsLast
                        ? (((y * side) + x) * 3) + channel
                        : (((channel * side) + y) * side) + x;
                    values[place] =
                        ((pixel * preprocessing.Scale) - preprocessing.Mean[channel]) / preprocessing.Std[channel];
                }
            }
        }

        long[] shape = preprocessing.ChannelsLast ? [1, side, side, 3] : [1, 3, side, side];
        return new Tensor(inputName, TensorDatatype.Fp32, shape, buffer.Memory, buffer);
    }
}
