using Orleans.Serialization.Configuration;
using OrleansInference.Grains.Interfaces.Wire;

[assembly: TypeManifestProvider(typeof(PublicTypes))]

namespace OrleansInference.Grains.Interfaces.Wire;

/// <summary>
/// The names on the wire of types of OrleansInference.Abstractions, which know nothing of Orleans. Nodes of other
/// releases know them by these.
/// </summary>
public sealed class PublicTypes : TypeManifestProviderBase
{
    /// <summary>The types by their names.</summary>
    public static IReadOnlyDictionary<string, Type> ByAlias { get; } =
        new Dictionary<string, Type>
        {
            ["OrleansInference.InferenceException"] = typeof(InferenceException),
            ["OrleansInference.InferenceTimings"] = typeof(InferenceTimings),
            ["OrleansInference.ModelMetadata"] = typeof(ModelMetadata),
            ["OrleansInference.TensorMetadata"] = typeof(TensorMetadata),
        };

    /// <inheritdoc />
    protected override void ConfigureInner(TypeManifestOptions options)
    {
        foreach ((string alias, Type type) in ByAlias)
        {
            options.WellKnownTypeAliases.TryAdd(alias, type);
            options.AddAllowedType(type);
        }
    }
}
