using System.Security.Cryptography;
using Google.Protobuf;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>What a version was loaded from; equal while nothing of it changes.</summary>
/// <param name="Config">Of the configuration but for how many instances there are.</param>
/// <param name="Instances">Of the groups of instances.</param>
/// <param name="Files">Of the version's files and those that all versions share.</param>
internal sealed record VersionFingerprint(string Config, string Instances, string Files)
{
    /// <summary>Of a configuration and the fingerprint of files.</summary>
    public static VersionFingerprint Of(ModelConfig config, string files)
    {
        ModelConfig rest = config.Clone();
        ModelConfig groups = new() { InstanceGroup = { config.InstanceGroup } };
        rest.InstanceGroup.Clear();
        // All instances share one session, which is where the first group says.
        if (config.InstanceGroup.Count > 0)
        {
            ModelInstanceGroup first = config.InstanceGroup[0];
            rest.InstanceGroup.Add(new ModelInstanceGroup { Kind = first.Kind, Gpus = { first.Gpus } });
        }
        return new VersionFingerprint(Hash(rest), Hash(groups), files);
    }

    /// <summary>Whether another number of instances is all that is different.</summary>
    public bool DiffersInInstances(VersionFingerprint other) =>
        this != other && this with { Instances = other.Instances } == other;

    private static string Hash(ModelConfig config) => Convert.ToHexString(SHA256.HashData(config.ToByteArray()));
}
