using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansInference.Gateway.Access;

/// <summary>A key that is allowed in. The key itself is forgotten: only its SHA-256 is kept.</summary>
/// <param name="Hash">SHA-256 of the key, 32 bytes.</param>
/// <param name="Caller">Whom it belongs to.</param>
internal sealed record ApiKey(byte[] Hash, Caller Caller)
{
    private const int MostCharacters = 1024;
    private const string RolePrefix = "role=";

    /// <summary>SHA-256 of a key as it was sent.</summary>
    public static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>
    /// Reads the lines <c>KEY[ TENANT[ WEIGHT[ QUOTA_PER_SECOND]]][ role=infer|operate|admin]</c>, the role being infer
    /// where none is named; empty ones and those that begin with # say nothing.
    /// </summary>
    /// <exception cref="FormatException">A line is wrong, or there is no key; the message names the line, never a
    /// key.</exception>
    public static ApiKey[] ReadAll(IEnumerable<string> lines)
    {
        List<ApiKey> keys = [];
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string[] fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0 || fields[0].StartsWith('#'))
            {
                continue;
            }
            ApiKey key = Read(fields, number);
            if (keys.Exists(other => other.Hash.AsSpan().SequenceEqual(key.Hash)))
            {
                throw new FormatException($"line {number} repeats a key");
            }
            keys.Add(key);
        }

        return keys.Count > 0
            ? [.. keys]
            : throw new FormatException(
                "it has no key; a line reads KEY[ TENANT[ WEIGHT[ QUOTA_PER_SECOND]]][ role=infer|operate|admin]"
            );
    }

    private static ApiKey Read(string[] fields, int line)
    {
        Role role = Role.Infer;
        if (fields.Length > 1 && fields[^1].StartsWith(RolePrefix, StringComparison.Ordinal))
        {
            string name = fields[^1][RolePrefix.Length..];
            role =
                AccessTokens.RoleOf(name)
                ?? throw new FormatException($"line {line}: the role is '{name}'; allowed: infer, operate, admin");
            fields = fields[..^1];
        }

        if (fields.Length > 4)
        {
            throw new FormatException(
                $"line {line} has {fields.Length} fields; allowed: KEY[ TENANT[ WEIGHT[ "
                    + $"QUOTA_PER_SECOND]]][ role=infer|operate|admin]"
            );
        }
        if (fields[0].Length > MostCharacters)
        {
            throw new FormatException(
                $"line {line} has a key of {fields[0].Length} characters; at most {MostCharacters} are allowed"
            );
        }
        double weight = Number(fields, 2, line, "weight", otherwise: 1, lowest: double.Epsilon, "above 0");
        double quota = Number(fields, 3, line, "quota", otherwise: 0, lowest: 0, "0 (none) or more");
        return new ApiKey(
            HashOf(fields[0]),
            new Caller(fields.Length > 1 ? fields[1] : "default", weight, quota, role)
        );
    }

    private static double Number(
        string[] fields,
        int index,
        int line,
        string what,
        double otherwise,
        double lowest,
        string allowed
    )
    {
        if (fields.Length <= index)
        {
            return otherwise;
        }
        return
            double.TryParse(fields[index], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && double.IsFinite(value)
            && value >= lowest
            ? value
            : throw new FormatException($"line {line}: the {what} is '{fields[index]}'; expected a number {allowed}");
    }
}
