using OrleansInference.Engine.Repository.Configuration;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Which versions of a model are served, by Triton's <c>version_policy</c>; the latest one by default. Pure.
/// </summary>
internal static class VersionSelection
{
    /// <summary>The versions to serve, ascending.</summary>
    /// <exception cref="Sessions.ModelLoadException">There is no version, or none of those that the policy
    /// names.</exception>
    public static IReadOnlyList<long> Select(ModelFolder folder, ModelVersionPolicy? policy)
    {
        if (folder.Versions.Count == 0)
        {
            string others =
                folder.NoVersions.Count == 0
                    ? ""
                    : $"; '{folder.NoVersions[0]}' is none: versions are whole numbers from 1 to {long.MaxValue}, "
                        + $"without leading zeros";
            throw new Sessions.ModelLoadException(
                $"model '{folder.Name}' has no version folder; expected {folder.Name}/1/model.onnx{others}"
            );
        }

        switch (policy?.PolicyChoiceCase)
        {
            case ModelVersionPolicy.PolicyChoiceOneofCase.All:
                return folder.Versions;
            case ModelVersionPolicy.PolicyChoiceOneofCase.Specific:
                long[] named = [.. policy.Specific.Versions.Where(folder.Versions.Contains).Distinct().Order()];
                return named.Length > 0
                    ? named
                    : throw new Sessions.ModelLoadException(
                        $"at least one version must be available under the version policy of model '{folder.Name}': it "
                            + $"names versions {string.Join(", ", policy.Specific.Versions)}, of which none is there; "
                            + $"there are: {string.Join(", ", folder.Versions)}"
                    );
            default:
                int latest = Math.Max(1, (int)(policy?.Latest?.NumVersions ?? 1));
                return [.. folder.Versions.TakeLast(latest)];
        }
    }

    /// <summary>A sentence for each version that the policy names and that is not there.</summary>
    public static IEnumerable<string> Warnings(ModelFolder folder, ModelVersionPolicy? policy) =>
        (policy?.Specific?.Versions ?? [])
            .Except(folder.Versions)
            .Select(version => $"version_policy names version {version}, which is not there");
}
