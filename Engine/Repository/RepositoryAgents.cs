using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Triton's <c>model_repository_agents</c>: the agent <c>checksum</c>, whose parameters <c>MD5:FILE</c> have the sum that
/// a file of the model must have.
/// </summary>
internal static class RepositoryAgents
{
    private const string Checksum = "checksum";
    private const string Md5Prefix = "MD5:";

    /// <summary>Lets each agent of a configuration look at the model's files.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <exception cref="ModelLoadException">There is no such agent, or a file is not what its sum says.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static void Run(ModelFolder folder, ModelConfig config)
    {
        foreach (ModelRepositoryAgents.Types.Agent agent in config.ModelRepositoryAgents?.Agents ?? [])
        {
            if (agent.Name != Checksum)
            {
                throw new ModelLoadException(
                    $"model_repository_agents names agent '{agent.Name}'; only {Checksum} is here"
                );
            }
            foreach ((string key, string expected) in agent.Parameters)
            {
                RequireSum(folder, key, expected);
            }
        }
    }

    private static void RequireSum(ModelFolder folder, string key, string expected)
    {
        if (!key.StartsWith(Md5Prefix, StringComparison.Ordinal) || key.Length == Md5Prefix.Length)
        {
            throw new ModelLoadException(
                $"agent {Checksum} has parameter '{key}'; {Md5Prefix}FILE is allowed, with the sum as its value"
            );
        }
        string file = key[Md5Prefix.Length..];
        string path = Path.GetFullPath(file, folder.Path);
        if (
            Path.IsPathRooted(file)
            || !path.StartsWith(folder.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal)
        )
        {
            throw new ModelLoadException($"agent {Checksum} names file '{file}', which is not in the model's folder");
        }
        if (!RegularFile.Exists(path))
        {
            throw new ModelLoadException($"agent {Checksum} names file '{file}', which is not there");
        }
        string actual = Md5(path);
        if (!string.Equals(actual, expected.Trim(), StringComparison.OrdinalIgnoreCase))
        {
            throw new ModelLoadException(
                $"agent {Checksum}: file '{file}' has MD5 {actual}, the configuration says '{expected}'"
            );
        }
    }

    [SuppressMessage(
        "Security",
        "CA5351",
        Justification = "Triton's agent knows no other; it tells a broken copy, and no server trusts a file for it."
    )]
    private static string Md5(string path)
    {
        using FileStream stream = RegularFile.OpenRead(path);
        return Convert.ToHexStringLower(MD5.HashData(stream));
    }
}
