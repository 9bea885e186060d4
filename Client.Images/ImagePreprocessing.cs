using System.Globalization;

namespace OrleansInference;

/// <summary>
/// How a model wants a picture, by the <c>parameters</c> of its configuration: value = (pixel × scale − mean) ÷ std.
/// <para><c>image_resize</c>: pixels of the shorter side. <c>image_crop</c>: side of the centre crop.</para>
/// <para><c>image_channels</c>: RGB or BGR. <c>image_layout</c>: NCHW or NHWC.</para>
/// <para><c>image_mean</c>, <c>image_std</c>: one number, or one for each channel in that order.</para>
/// <para><c>image_scale</c>: factor on the 0–255 pixel before the mean.</para>
/// </summary>
public sealed record ImagePreprocessing
{
    /// <summary>Pixels of the shorter side before the crop.</summary>
    public int Resize { get; init; } = 256;

    /// <summary>Side of the square in the centre that the model sees.</summary>
    public int Crop { get; init; } = 224;

    /// <summary>Whether blue comes first.</summary>
    public bool IsBgr { get; init; }

    /// <summary>Whether channels come last.</summary>
    public bool ChannelsLast { get; init; }

    /// <summary>Factor on the pixel.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Subtracted from each channel, in the model's order.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0, 0, 0];

    /// <summary>Divides each channel, in the model's order.</summary>
    public IReadOnlyList<float> Std { get; init; } = [1, 1, 1];

    /// <summary>Reads the parameters; what is absent keeps its default.</summary>
    /// <exception cref="FormatException">A value is not allowed; the message names it and what is.</exception>
    public static ImagePreprocessing FromParameters(IReadOnlyDictionary<string, string> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ImagePreprocessing read = new()
        {
            Resize = (int)Number(parameters, "image_resize", 256, 1, 16384),
            Crop = (int)Number(parameters, "image_crop", 224, 1, 16384),
            IsBgr = Choice(parameters, "image_channels", "RGB", "BGR"),
            ChannelsLast = Choice(parameters, "image_layout", "NCHW", "NHWC"),
            Scale = Number(parameters, "image_scale", 1, 1e-9f, 1e9f),
            Mean = Channels(parameters, "image_mean", 0),
            Std = Channels(parameters, "image_std", 1),
        };
        return read.Crop <= read.Resize
            ? read
            : throw new FormatException($"image_crop {read.Crop} is larger than image_resize {read.Resize}.");
    }

    private static bool Choice(
        IReadOnlyDictionary<string, string> parameters,
        string key,
        string first,
        string second
    ) =>
        parameters.GetValueOrDefault(key, first) switch
        {
            var value when value == first => false,
            var value when value == second => true,
            var value => throw new FormatException($"{key} is '{value}'; allowed: {first}, {second}."),
        };

    private static float Number(
        IReadOnlyDictionary<string, string> parameters,
        string key,
        float fallback,
        float low,
        float high
    )
    {
        if (!parameters.TryGetValue(key, out string? text))
        {
            return fallback;
        }
        return
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            && value >= low
            && value <= high
            ? value
            : throw new FormatException($"{key} is '{text}'; a number from {low} to {high} is allowed.");
    }

    private static float[] Channels(IReadOnlyDictionary<string, string> parameters, string key, float fallback)
    {
        if (!parameters.TryGetValue(key, out string? text))
        {
            return [fallback, fallback, fallback];
        }
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        float[] values = new float[parts.Length];
        bool valid = parts.Length is 1 or 3;
        for (int i = 0; i < parts.Length && valid; i++)
        {
            valid =
                float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i])
                && (key != "image_std" || values[i] != 0);
        }
        if (!valid)
        {
            throw new FormatException($"{key} is '{text}'; one number or three with commas are allowed.");
        }
        return values.Length == 3 ? values : [values[0], values[0], values[0]];
    }
}
