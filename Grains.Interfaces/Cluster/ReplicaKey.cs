namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The key of a replica's grain.</summary>
public static class ReplicaKey
{
    /// <summary>Model and index.</summary>
    public static string Of(string model, int index) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{model}\n{index}");

    /// <summary>The parts of a key.</summary>
    public static (string Model, int Index) Parse(string key)
    {
        int at = key.LastIndexOf('\n');
        return (key[..at], int.Parse(key.AsSpan(at + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}
