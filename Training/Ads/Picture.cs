namespace OrleansInference.Training.Ads;

/// <summary>A picture of an advertisement, with what it shows.</summary>
/// <param name="Pixels">RGB bytes, row by row, <see cref="Size"/> × <see cref="Size"/> × 3.</param>
/// <param name="Category">What it shows, 0 to <see cref="Categories"/> − 1.</param>
internal sealed record Picture(byte[] Pixels, int Category)
{
    /// <summary>Width and height.</summary>
    public const int Size = 32;

    /// <summary>Categories of pictures, and topics of titles.</summary>
    public const int Categories = 8;
}
