using System.Globalization;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

internal sealed record Scenario(string Model, int Connections)
{
    private const int MostConnections = 1024;

    /// <summary>Measured over HTTP unless others are named.</summary>
    public static readonly Scenario[] Http =
    [
        new(SampleModels.Tiny, 1),
        new(SampleModels.Tiny, 4),
        new(SampleModels.Tiny, 16),
        new(SampleModels.Tiny, 64),
        new(SampleModels.Tiny, 256),
        new(SampleModels.SqueezeNet, 1),
        new(SampleModels.SqueezeNet, 4),
        new(SampleModels.SqueezeNet, 16),
        new(SampleModels.Mlp, 16),
        new(SampleModels.Mlp, 64),
    ];

    /// <summary>The same over gRPC.</summary>
    public static readonly Scenario[] Grpc = Of(SampleModels.Tiny, 1, 16, 64);

    /// <summary>The same for what one by one service can give.</summary>
    public static readonly Scenario[] Limit =
    [
        new(SampleModels.Tiny, 1),
        new(SampleModels.Tiny, 64),
        new(SampleModels.SqueezeNet, 16),
        new(SampleModels.Mlp, 64),
    ];

    /// <summary>
    /// Those named as `tiny`, all that the bench has of it, or `tiny:64`, with commas between them; or the usual ones.
    /// </summary>
    /// <param name="only">What was asked for, or null.</param>
    /// <param name="own">The caller's model, which then is the only one there is.</param>
    /// <param name="usual">Where nothing was asked for.</param>
    /// <exception cref="UsageException">Not a model or not a number of connections.</exception>
    public static Scenario[] Select(string? only, OwnModel? own, Scenario[] usual)
    {
        if (only is null)
        {
            return own is null ? usual : All(own.Name);
        }
        string[] models = own is null ? SampleModels.Names : [own.Name];
        return [.. only.Split(',').SelectMany(text => Parse(text, models)).Distinct()];
    }

    public override string ToString() => $"{Model}:{Connections}";

    private static Scenario[] Parse(string text, string[] models)
    {
        var parts = text.Split(':', 2);
        if (!models.Contains(parts[0]))
        {
            throw new UsageException($"Option --only: no model '{parts[0]}'; there is {string.Join(", ", models)}.");
        }
        if (parts.Length == 1)
        {
            return All(parts[0]);
        }
        if (
            !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var connections)
            || connections is < 1 or > MostConnections
        )
        {
            throw new UsageException($"Option --only: '{text}' has not 1 to {MostConnections} connections.");
        }
        return [new Scenario(parts[0], connections)];
    }

    private static Scenario[] All(string model) =>
        model switch
        {
            SampleModels.Tiny or SampleModels.SqueezeNet => [.. Http.Where(scenario => scenario.Model == model)],
            _ => Of(model, 1, 16, 64),
        };

    private static Scenario[] Of(string model, params int[] connections) =>
        [.. connections.Select(count => new Scenario(model, count))];
}
