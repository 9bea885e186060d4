namespace OrleansInference.Cli.Commands.Up;

/// <summary>Finds the silo's program.</summary>
internal static class SiloProgram
{
    private const string Assembly = "OrleansInference.Silo.dll";

    /// <summary>The command that starts it.</summary>
    /// <param name="given">What the caller named, or null.</param>
    /// <exception cref="CliException">There is none.</exception>
    public static string[] Find(string? given)
    {
        if (given is not null)
        {
            return File.Exists(given)
                ? Command(given)
                : throw new CliException($"--silo {given} is not there", CliException.Usage);
        }
        if (File.Exists(Path.Combine(AppContext.BaseDirectory, Assembly)))
        {
            return Command(Path.Combine(AppContext.BaseDirectory, Assembly));
        }
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "OrleansInference.sln")))
            {
                continue;
            }
            string? built = Directory.Exists(Path.Combine(folder.FullName, "Silo", "bin"))
                ? Directory
                    .EnumerateFiles(Path.Combine(folder.FullName, "Silo", "bin"), Assembly, SearchOption.AllDirectories)
                    .OrderByDescending(File.GetLastWriteTimeUtc)
                    .FirstOrDefault()
                : null;
            return built is not null
                ? Command(built)
                : throw new CliException(
                    "the silo has not been built; run `dotnet build Silo` first, or name it with --silo PATH"
                );
        }

        throw new CliException($"{Assembly} is not beside this program; name it with --silo PATH", CliException.Usage);
    }

    private static string[] Command(string path) =>
        path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? ["dotnet", path] : [path];
}
