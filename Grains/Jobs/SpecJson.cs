using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>Writes a job's spec as canonical JSON: equal jobs have equal text.</summary>
internal static class SpecJson
{
    /// <summary>The spec's JSON.</summary>
    public static string Write(BulkJobSpec spec) =>
        JsonSerializer.Serialize(
            spec with
            {
                Columns = new Dictionary<string, string>(
                    spec.Columns.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                ),
            }
        );

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static BulkJobSpec Read(string json) =>
        JsonSerializer.Deserialize<BulkJobSpec>(json) ?? throw new JsonException("a job's spec is null");

    /// <summary>Whether two specs describe one job. The number of shards at once does not matter.</summary>
    public static bool AreSame(BulkJobSpec left, BulkJobSpec right) =>
        Write(left with { MaxParallelShards = 1 }) == Write(right with { MaxParallelShards = 1 });

    /// <summary>A hash of the spec, and of whatever else is given, as 16 hexadecimal digits.</summary>
    public static string Fingerprint(BulkJobSpec spec, string more = "") =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(Write(spec with { MaxParallelShards = 1 }) + more)).AsSpan(0, 8)
        );
}
