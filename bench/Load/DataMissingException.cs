namespace OrleansInference.Load;

/// <summary>A model or input to measure with is not on this machine; exit code 3.</summary>
internal sealed class DataMissingException(string message) : Exception(message)
{
    /// <exception cref="DataMissingException">There is no such file.</exception>
    public static byte[] Read(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : throw new DataMissingException($"File not found: {path}");
}
