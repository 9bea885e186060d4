namespace OrleansInference.Tests.Shared;

/// <summary>Finds files of the repository, and the optional test data beside it, from wherever the tests run.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>A shipped file.</summary>
    public static string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>A file of the optional data; skips the test with the reason where the data is absent.</summary>
    public static string Data(params string[] parts)
    {
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine([Path, "..", "shared", "data", .. parts]));
        Assert.SkipUnless(
            System.IO.File.Exists(path) || Directory.Exists(path),
            $"the optional test data is absent: {path}"
        );
        return path;
    }

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(folder.FullName, "OrleansInference.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No OrleansInference.sln above {AppContext.BaseDirectory}.");
    }
}
