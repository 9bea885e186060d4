namespace OrleansInference.Onnx.Samples;

/// <summary>
/// The constants and formulas from sRGB to CIE L*a*b*, in which equal distances look about equally large. From sRGB to
/// linear light and to XYZ: IEC 61966-2-1. From XYZ to L*a*b*: CIE 15:2004, 8.2.1, with the D65 white point of sRGB.
/// </summary>
internal static class CieLab
{
    /// <summary>Below this an sRGB value, 0–1, is proportional to light.</summary>
    public const double LinearBelow = 0.04045;

    /// <summary>The slope there.</summary>
    public const double LinearSlope = 12.92;

    /// <summary>Offset and exponent of the curve above.</summary>
    public const double Offset = 0.055;
    public const double Gamma = 2.4;

    /// <summary>6/29, where L*a*b*'s cube root gives way to a straight line.</summary>
    public const double Delta = 6.0 / 29.0;

    /// <summary>Linear red, green, blue (columns) to X, Y, Z (rows).</summary>
    private static readonly double[,] ToXyz =
    {
        { 0.4124, 0.3576, 0.1805 },
        { 0.2126, 0.7152, 0.0722 },
        { 0.0193, 0.1192, 0.9505 },
    };

    /// <summary>f(X/Xn), f(Y/Yn), f(Z/Zn) (rows) to L*, a*, b* (columns), before 16 is taken off L*.</summary>
    public static float[] FromCurves { get; } = [0, 500, 0, 116, -500, 200, 0, 0, -200];

    /// <summary>
    /// Linear red, green, blue (rows) to X/Xn, Y/Yn, Z/Zn (columns). White is what full red, green and blue add up to,
    /// so that grays come out with a* = b* = 0 exactly.
    /// </summary>
    public static float[] ToRelativeXyz { get; } =
    [
        .. from color in Enumerable.Range(0, 3)
        from axis in Enumerable.Range(0, 3)
        select (float)(ToXyz[axis, color] / White(axis)),
    ];

    /// <summary>A colour's L* (0–100), a* and b* (about -110 to 110).</summary>
    public static double[] FromRgb(double red, double green, double blue)
    {
        double[] linear = [Linear(red / 255), Linear(green / 255), Linear(blue / 255)];
        double[] curves = new double[3];
        for (int axis = 0; axis < 3; axis++)
        {
            double sum = (ToXyz[axis, 0] * linear[0]) + (ToXyz[axis, 1] * linear[1]) + (ToXyz[axis, 2] * linear[2]);
            curves[axis] = Curve(sum / White(axis));
        }

        return [(116 * curves[1]) - 16, 500 * (curves[0] - curves[1]), 200 * (curves[1] - curves[2])];
    }

    private static double White(int axis) => ToXyz[axis, 0] + ToXyz[axis, 1] + ToXyz[axis, 2];

    private static double Linear(double value) =>
        value <= LinearBelow ? value / LinearSlope : Math.Pow((value + Offset) / (1 + Offset), Gamma);

    private static double Curve(double t) =>
        t > Delta * Delta * Delta ? Math.Cbrt(t) : (t / (3 * Delta * Delta)) + (4.0 / 29.0);
}
