namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>A piece of text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its characters; of a string those between the quotes, escapes and all.</param>
/// <param name="Offset">Where it starts; of a string the quote.</param>
internal readonly record struct TextToken(TextTokenKind Kind, string Text, int Offset)
{
    public bool Is(string symbol) => Kind == TextTokenKind.Symbol && Text == symbol;

    /// <summary>How error messages call it.</summary>
    public override string ToString() =>
        Kind switch
        {
            TextTokenKind.End => "the end of the file",
            TextTokenKind.String => "a string",
            _ => $"'{Text}'",
        };
}
