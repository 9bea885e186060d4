using OrleansInference.Engine.Repository.Folders;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository;

/// <summary>One folder that models are served from, in Triton's layout.</summary>
internal sealed class RepositoryFolder(string path, ConfigRead config)
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>
    /// Every model folder, by name. Folders that nothing can be served from are models too: broken ones, to be named.
    /// </summary>
    /// <exception cref="ModelRepositoryException">The repository itself is missing or cannot be read.</exception>
    public IReadOnlyList<ModelFolder> Read() => [.. Folders().Select(Folder)];

    /// <summary>One model's folder, or null.</summary>
    /// <exception cref="ModelRepositoryException">The repository itself is missing or cannot be read.</exception>
    public ModelFolder? Find(string name) => Holds(name) ? Folder(name) : null;

    /// <summary>Whether there is such a model; false also where the repository cannot be read.</summary>
    public bool Has(string name)
    {
        try
        {
            return Holds(name);
        }
        catch (ModelRepositoryException)
        {
            return false;
        }
    }

    /// <summary>
    /// Callers ask for one name at a time, often: where a name is one file's alone, the others need not be read.
    /// </summary>
    private bool Holds(string name)
    {
        RequireRoot();
        if (name.Length == 0 || name.StartsWith('.') || name.Contains('/'))
        {
            return false;
        }
        // What cannot be reached may not be there at all: only the folder's own list tells.
        bool isTold = OperatingSystem.IsLinux() && !name.Contains('\uFFFD') && Kind(name) != FileKind.Unreachable;
        return isTold ? IsModel(name) : Folders().Contains(name);
    }

    /// <summary>
    /// Names of folders, and of links that should lead to one. Names that are no UTF-8 may come to look the same.
    /// </summary>
    private IEnumerable<string> Folders()
    {
        RequireRoot();
        IReadOnlyList<string> names = FolderWalk.Names(Path, out string? problem);
        if (problem is not null)
        {
            throw new ModelRepositoryException($"The model repository {problem}.");
        }
        return names.Where(IsModel).Distinct();
    }

    private void RequireRoot()
    {
        FileStatus status = FileStatus.Of(Path);
        if (status.Kind != FileKind.Folder)
        {
            string advice = status.Kind == FileKind.Missing ? " Create it or pass --models DIR." : "";
            throw new ModelRepositoryException(
                $"The model repository '{Path}' {status.Problem(Path, FileKind.Folder)}.{advice}"
            );
        }
    }

    private FileKind Kind(string name) => FileStatus.Of(System.IO.Path.Combine(Path, name)).Kind;

    private bool IsModel(string name) =>
        Kind(name) switch
        {
            FileKind.Folder or FileKind.BrokenLink or FileKind.Unreachable => true,
            // Its bytes are no UTF-8, so that it cannot be looked at by the name that it seems to have.
            FileKind.Missing => name.Contains('\uFFFD'),
            _ => false,
        };

    private ModelFolder Folder(string name)
    {
        string folder = System.IO.Path.Combine(Path, name);
        ModelFolder model = ModelFolder.Read(name, folder) with { Config = config };
        if (model.Problem is not null || !FolderWalk.LeadsUp(folder, Path))
        {
            return model.Problem is null && model.LacksConfig
                ? model with
                {
                    Problem = $"{ModelFolder.NoConfig} {model.ConfigPath}: No such file or directory",
                }
                : model;
        }
        return model with
        {
            Versions = [],
            Problem = $"its folder '{folder}' is a link to a folder that holds the repository",
        };
    }
}
