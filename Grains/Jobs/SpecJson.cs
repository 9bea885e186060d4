using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>A job's spec as JSON that is the same for the same job.</summary>
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

    /// <summary>Whether two specs are of one job; how many shards run at once makes no other.</summary>
    public static bool Same(BulkJobSpec left, BulkJobSpec right) =>
        Write(left with { MaxParallelShards = 1 }) == Write(right with { MaxParallelShards = 1 });

    /// <summary>16 hexadecimal digits that stand for the spec, and for whatever else is given.</summary>
    public static string Fingerprint(BulkJobSpec spec, string more = "") =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(Write(spec with { MaxParallelShards = 1 }) + more)).AsSpan(0, 8)
        );
}
