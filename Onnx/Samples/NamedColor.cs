namespace OrleansInference.Onnx.Samples;

/// <summary>A colour and what people call it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Red">sRGB red, 0–255.</param>
/// <param name="Green">sRGB green, 0–255.</param>
/// <param name="Blue">sRGB blue, 0–255.</param>
public sealed record NamedColor(string Name, byte Red, byte Green, byte Blue)
{
    /// <summary>
    /// The colours that <see cref="ColorNamesModel"/> tells apart, in the order of its scores. Values are those of the
    /// names in W3C CSS Color Module Level 4; brown is its saddlebrown, which is nearer to what people call brown.
    /// </summary>
    public static IReadOnlyList<NamedColor> All { get; } =
    [
        new("red", 255, 0, 0),
        new("crimson", 220, 20, 60),
        new("coral", 255, 127, 80),
        new("orange", 255, 165, 0),
        new("gold", 255, 215, 0),
        new("yellow", 255, 255, 0),
        new("beige", 245, 245, 220),
        new("tan", 210, 180, 140),
        new("brown", 139, 69, 19),
        new("maroon", 128, 0, 0),
        new("olive", 128, 128, 0),
        new("lime", 0, 255, 0),
        new("green", 0, 128, 0),
        new("teal", 0, 128, 128),
        new("turquoise", 64, 224, 208),
        new("cyan", 0, 255, 255),
        new("sky blue", 135, 206, 235),
        new("blue", 0, 0, 255),
        new("navy", 0, 0, 128),
        new("indigo", 75, 0, 130),
        new("purple", 128, 0, 128),
        new("violet", 238, 130, 238),
        new("magenta", 255, 0, 255),
        new("pink", 255, 192, 203),
        new("lavender", 230, 230, 250),
        new("white", 255, 255, 255),
        new("silver", 192, 192, 192),
        new("gray", 128, 128, 128),
        new("black", 0, 0, 0),
    ];
}
