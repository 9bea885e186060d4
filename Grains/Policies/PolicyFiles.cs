using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Grains.Policies;

/// <summary>Loads policies of this version's schema.</summary>
internal static class PolicyFiles
{
    /// <summary>Loads one.</summary>
    /// <exception cref="ModelLoadException">It is none, or of another schema.</exception>
    public static PolicyModel Load(byte[] file) =>
        PolicyModel.Load(file, PolicySchema.Hash, PolicySchema.Width, PolicySchema.Actions);
}
