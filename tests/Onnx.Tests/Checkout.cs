namespace OrleansInference.Onnx.Tests;

/// <summary>Where the source tree, and the data that may lie beside it, are.</summary>
internal static class Checkout
{
    /// <summary>The repository's root: the folder above the tests that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder in the data folder beside the repository; tests skip where it is absent.</summary>
    public static string Data(params string[] parts) =>
        Path.GetFullPath(Path.Combine([Root, "..", "shared", "data", .. parts]));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansInference.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName
            ?? throw new DirectoryNotFoundException($"no OrleansInference.sln above {AppContext.BaseDirectory}");
    }
}
