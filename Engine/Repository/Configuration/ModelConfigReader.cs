namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Reads <c>config.pbtxt</c>: Triton's model configuration in protobuf's text format.</summary>
internal static class ModelConfigReader
{
    /// <summary>Reads a configuration; an empty text is an empty configuration.</summary>
    /// <param name="utf8">The file's contents.</param>
    /// <param name="fileName">What error messages call the file.</param>
    /// <exception cref="ModelConfigException">The text is not a configuration; the message says where and
    /// why.</exception>
    public static ModelConfig Parse(ReadOnlySpan<byte> utf8, string fileName)
    {
        ModelConfig config = new();
        TextFormatParser.Merge(TextSource.Decode(utf8, fileName), config);
        return config;
    }
}
