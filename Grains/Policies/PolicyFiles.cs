using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Grains.Policies;

/// <summary>Loads learned policies whose schema is this version's.</summary>
internal static class PolicyFiles
{
    /// <summary>Loads a policy.</summary>
    /// <exception cref="ModelLoadException">It is none, or of another schema.</exception>
    public static PolicyModel Load(byte[] file) =>
        PolicyModel.Load(file, PolicySchema.Hash, PolicySchema.Width, PolicySchema.Actions);
}
