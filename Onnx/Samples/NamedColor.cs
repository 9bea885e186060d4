namespace OrleansInference.Onnx.Samples;

/// <summary>A colour and what people call it; sRGB components from 0 to 255.</summary>
public sealed record NamedColor(string Name, byte R, byte G, byte B)
{
    /// <summary>The basic colours of CSS and the extended ones that people name most.</summary>
    public static IReadOnlyList<NamedColor> All { get; } =
    [
        new("black", 0, 0, 0), new("gray", 128, 128, 128), new("silver", 192, 192, 192), new("white", 255, 255, 255),
        new("maroon", 128, 0, 0), new("red", 255, 0, 0), new("salmon", 250, 128, 114), new("pink", 255, 192, 203),
        new("orange", 255, 165, 0), new("gold", 255, 215, 0), new("yellow", 255, 255, 0), new("beige", 245, 245, 220),
        new("brown", 139, 69, 19), new("tan", 210, 180, 140), new("olive", 128, 128, 0), new("lime", 0, 255, 0),
        new("green", 0, 128, 0), new("dark green", 0, 64, 0), new("teal", 0, 128, 128), new("turquoise", 64, 224, 208),
        new("cyan", 0, 255, 255), new("sky blue", 135, 206, 235), new("blue", 0, 0, 255), new("navy", 0, 0, 128),
        new("indigo", 75, 0, 130), new("purple", 128, 0, 128), new("violet", 238, 130, 238), new("magenta", 255, 0, 255),
        new("lavender", 200, 190, 250), new("crimson", 220, 20, 60), new("coral", 255, 127, 80), new("khaki", 195, 176, 110),
    ];
}
