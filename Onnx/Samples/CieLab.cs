namespace OrleansInference.Onnx.Samples;

/// <summary>
/// sRGB to CIE L*a*b* under D65: the sRGB transfer function and matrix of IEC 61966-2-1, and L*a*b* of CIE 15:2004.
/// </summary>
public static class CieLab
{
    /// <summary>Below this a component is linear: 12.92 instead of the power law.</summary>
    public const float LinearThreshold = 0.04045f;

    /// <summary>(6/29)³: where the cube root gives way to a line.</summary>
    public const float CubeThreshold = 216f / 24389f;

    /// <summary>Linear RGB to X/Xn, Y/Yn, Z/Zn: a row per RGB component.</summary>
    public static float[] ToRelativeXyz { get; } =
    [
        0.4124564f / 0.95047f, 0.2126729f, 0.0193339f / 1.08883f,
        0.3575761f / 0.95047f, 0.7151522f, 0.1191920f / 1.08883f,
        0.1804375f / 0.95047f, 0.0721750f, 0.9503041f / 1.08883f,
    ];

    /// <summary>f(X/Xn), f(Y/Yn), f(Z/Zn) to L*, a*, b* (L* without its −16): a row per f.</summary>
    public static float[] ToLab { get; } = [0, 500, 0, 116, -500, 200, 0, 0, -200];

    /// <summary>L*, a*, b* of a colour.</summary>
    public static float[] FromRgb(float r, float g, float b)
    {
        float[] rgb = [Linear(r / 255), Linear(g / 255), Linear(b / 255)];
        float[] f = [.. Multiply(rgb, ToRelativeXyz).Select(Compress)];
        float[] lab = Multiply(f, ToLab);
        return [lab[0] - 16, lab[1], lab[2]];
    }

    private static float Linear(float value) => value <= LinearThreshold ? value / 12.92f : MathF.Pow((value + 0.055f) / 1.055f, 2.4f);

    private static float Compress(float value) => value > CubeThreshold ? MathF.Cbrt(value) : (value * (24389f / 27f / 116f)) + (16f / 116f);

    private static float[] Multiply(float[] row, float[] matrix) =>
        [.. Enumerable.Range(0, 3).Select(column => (row[0] * matrix[column]) + (row[1] * matrix[3 + column]) + (row[2] * matrix[6 + column]))];
}
