using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Repository.Folders;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Files;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// An ONNX file with the weight files that it names, all of them looked at and found to be what they should.
/// </summary>
/// <param name="Path">The ONNX file.</param>
/// <param name="ExternalData">Its weight files, relative to its folder; none where all weights are in it.</param>
internal sealed record OnnxFile(string Path, IReadOnlyList<string> ExternalData)
{
    private const string DefaultName = "model.onnx";

    /// <summary>Bytes of it and of its weight files, links followed.</summary>
    public long Bytes =>
        ExternalData.Select(FullPath).Append(Path).Distinct().Sum(path => RegularFile.Require(path).Length);

    /// <summary>
    /// Where a version's ONNX file is. It may lie, with its weight files, in a folder of its name, as Triton has it.
    /// </summary>
    /// <exception cref="ModelLoadException">It is not there; the message says what is.</exception>
    public static string Find(ModelFolder folder, long version, ModelConfig config)
    {
        string name = config.DefaultModelFilename.Length > 0 ? config.DefaultModelFilename : DefaultName;
        if (System.IO.Path.GetFileName(name) != name || name.StartsWith('.'))
        {
            throw new ModelLoadException(
                $"default_model_filename '{name}' must be a file name without a folder, and not a hidden one"
            );
        }

        FolderListing files = folder.Files(version);
        if (files.Problem is { } problem)
        {
            throw new ModelLoadException($"version folder {problem}");
        }
        string path = System.IO.Path.Combine(folder.VersionPath(version), name);
        FileKind kind = FileStatus.Of(path).Kind;
        if (kind == FileKind.Folder)
        {
            string inner = System.IO.Path.Combine(path, DefaultName);
            bool isAlone = files.Files.Count(file => System.IO.Path.GetDirectoryName(file.Path) == path) == 1;
            // Where it holds nothing else, the folder is most likely a slip of a copy or of a mount.
            if (isAlone && FileStatus.Of(inner).Kind == FileKind.Regular)
            {
                throw new ModelLoadException(
                    $"'{path}' is a folder with no weight files in it; put its {DefaultName} in its place"
                );
            }

            path = inner;
            name = $"{name}/{DefaultName}";
        }

        FileStatus status = FileStatus.Of(path);
        return status.Kind switch
        {
            FileKind.Regular => path,
            FileKind.Missing => throw new ModelLoadException(
                $"there is no {name} in '{folder.VersionPath(version)}'{Others(files, folder.VersionPath(version))}"
            ),
            _ => throw new ModelLoadException($"'{path}' {status.Problem(path, FileKind.Regular)}"),
        };
    }

    /// <summary>Reads what an ONNX file says of itself and looks at its weight files.</summary>
    /// <exception cref="ModelLoadException">It is broken, or names a weight file that it may not have or that is not
    /// there.</exception>
    public static OnnxFile Read(string path)
    {
        try
        {
            OnnxOutline outline = OnnxOutlineReader.Read(path);
            OnnxExternalData.Check(outline, System.IO.Path.GetDirectoryName(path)!);
            return new OnnxFile(path, outline.ExternalDataLocations);
        }
        catch (OnnxFormatException exception)
        {
            throw new ModelLoadException(exception.Message, exception);
        }
    }

    /// <summary>
    /// Inputs and outputs whose rank the file leaves open. A session tells them from scalars in nothing, so that the file
    /// is asked where there is a scalar.
    /// </summary>
    /// <exception cref="ModelLoadException">It is broken.</exception>
    public static IReadOnlySet<string> Unranked(string path, InferenceSession session)
    {
        IEnumerable<NodeMetadata> tensors = session.InputMetadata.Values.Concat(session.OutputMetadata.Values);
        if (tensors.All(tensor => !tensor.IsTensor || tensor.Dimensions.Length > 0))
        {
            return new HashSet<string>();
        }
        try
        {
            OnnxOutline outline = OnnxOutlineReader.Read(path);
            return outline
                .Inputs.Concat(outline.Outputs)
                .Where(value => value.Dimensions is null)
                .Select(value => value.Name)
                .ToHashSet();
        }
        catch (OnnxFormatException exception)
        {
            throw new ModelLoadException(exception.Message, exception);
        }
    }

    /// <summary>Copies it with its weight files into a folder.</summary>
    /// <returns>Where the ONNX file is there.</returns>
    /// <exception cref="IOException">A file cannot be read, or there is no room.</exception>
    public string CopyTo(string folder)
    {
        string model = System.IO.Path.Combine(folder, System.IO.Path.GetFileName(Path));
        IEnumerable<(string From, string To)> weights = ExternalData.Select(location =>
            (FullPath(location), System.IO.Path.GetFullPath(location, folder))
        );
        foreach ((string from, string to) in weights.Append((From: Path, To: model)).DistinctBy(pair => pair.To))
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
            RegularFile.Require(from);
            File.Copy(from, to);
        }

        return model;
    }

    private string FullPath(string location) =>
        System.IO.Path.GetFullPath(location, System.IO.Path.GetDirectoryName(Path)!);

    private static string Others(FolderListing files, string folder)
    {
        string[] names =
        [
            .. files
                .Files.Select(file => System.IO.Path.GetRelativePath(folder, file.Path))
                .Where(name => name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
                .Take(3)
                .Select(name => $"'{name}'"),
        ];
        if (names.Length == 0)
        {
            return "";
        }
        return $"; there is {string.Join(", ", names)}: rename it, or name it in config.pbtxt by "
            + $"default_model_filename";
    }
}
