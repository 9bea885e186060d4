using OrleansInference.Engine.Repository.Configuration;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Which versions of a model are served, by Triton's <c>version_policy</c>; the latest one by default. Pure.
/// </summary>
internal static class VersionSelection
{
    /// <summary>The versions to serve, ascending.</summary>
    /// <exception cref="Sessions.ModelLoadException">A version that the policy names is not there, or there is
    /// none.</exception>
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
                long missing = policy.Specific.Versions.FirstOrDefault(version => !folder.Versions.Contains(version));
                return missing == 0
                    ? [.. policy.Specific.Versions.Distinct().Order()]
                    : throw new Sessions.ModelLoadException(
                        $"version_policy of model '{folder.Name}' names version {missing}, which is not there; "
                            + $"there are: {string.Join(", ", folder.Versions)}"
                    );
            default:
                int latest = Math.Max(1, (int)(policy?.Latest?.NumVersions ?? 1));
                return [.. folder.Versions.TakeLast(latest)];
        }
    }
}
