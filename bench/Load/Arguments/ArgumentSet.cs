using System.Globalization;

namespace OrleansInference.Load.Arguments;

/// <summary>`--name value`, `--name=value` and bare flags; a known name ending in '!' is a flag.</summary>
internal sealed class ArgumentSet
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    public ArgumentSet(string[] args, string[] known)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--help" or "-h")
            {
                throw new HelpRequestedException();
            }
            var parts = args[i].Split('=', 2);
            var name = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0][2..] : "";
            if (known.Contains(name + "!") && parts.Length == 1)
            {
                values[name] = "true";
            }
            else if (!known.Contains(name) || name.Length == 0)
            {
                throw new UsageException($"Unknown option '{args[i]}'; see --help.");
            }
            else if (parts.Length == 2)
            {
                values[name] = parts[1];
            }
            else if (i + 1 < args.Length)
            {
                values[name] = args[++i];
            }
            else
            {
                throw new UsageException($"Option --{name} needs a value.");
            }
        }
    }

    public bool Has(string name) => values.ContainsKey(name);

    public string? Find(string name) => values.GetValueOrDefault(name);

    public string Text(string name, string fallback) => Find(name) ?? fallback;

    public string Required(string name) =>
        Find(name) ?? throw new UsageException($"Option --{name} is required; see --help.");

    public int Integer(string name, int fallback, int least) =>
        Find(name) is not { } text ? fallback
        : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
        : throw new UsageException($"Option --{name} expects a whole number of at least {least}, not '{text}'.");

    /// <summary>The required <c>--shape</c>.</summary>
    public long[] Shape() =>
        [
            .. Required("shape")
                .Split(',')
                .Select(text =>
                    long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                        ? length
                        : throw new UsageException(
                            $"Option --shape expects numbers with commas between them, as 1,3,224,224, not '{text}'."
                        )
                ),
        ];

    public double Number(string name, double fallback, double least) =>
        Find(name) is not { } text ? fallback
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
        : throw new UsageException($"Option --{name} expects a number of at least {least}, not '{text}'.");
}
