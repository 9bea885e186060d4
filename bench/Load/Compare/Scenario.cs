using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Compare;

internal sealed record Scenario(string Model, int Connections)
{
    private static readonly Scenario[] All =
    [
        new("tiny", 1),
        new("tiny", 4),
        new("tiny", 16),
        new("tiny", 64),
        new("squeezenet", 1),
        new("squeezenet", 4),
        new("squeezenet", 16),
    ];

    /// <summary>All, or those named as `tiny` or `tiny:64`, with commas between them.</summary>
    public static Scenario[] Select(string? only)
    {
        if (only is null)
        {
            return All;
        }
        var names = only.Split(',');
        foreach (var name in names)
        {
            if (!Array.Exists(All, scenario => scenario.Is(name)))
            {
                throw new UsageException(
                    $"Option --only: no scenario '{name}'; there are "
                        + $"{string.Join(", ", All.Select(scenario => scenario.ToString()))}."
                );
            }
        }
        return [.. All.Where(scenario => Array.Exists(names, scenario.Is))];
    }

    public override string ToString() => $"{Model}:{Connections}";

    private bool Is(string name) => name == Model || name == ToString();
}
