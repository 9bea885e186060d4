using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository;

/// <summary>The files of labels that a configuration's outputs name, beside the versions.</summary>
internal static class LabelFiles
{
    /// <summary>A sentence for each file that is named and cannot be read: classifications are without its labels.</summary>
    public static IEnumerable<string> Warnings(ModelFolder folder, ModelConfig config) =>
        from output in config.Output
        where output.LabelFilename.Length > 0
        let problem = TryRead(folder, output.LabelFilename).Problem
        where problem is not null
        select $"label_filename of output '{output.Name}' has no effect: {problem}";

    /// <summary>
    /// The lines of an output's file; none where it has none, or where that was taken away since the model was loaded.
    /// </summary>
    public static IReadOnlyList<string> Read(ModelFolder folder, ModelConfig config, string output)
    {
        string? file = config.Output.FirstOrDefault(configured => configured.Name == output)?.LabelFilename;
        return string.IsNullOrEmpty(file) ? [] : TryRead(folder, file).Lines;
    }

    private static (string[] Lines, string? Problem) TryRead(ModelFolder folder, string file)
    {
        if (Path.GetFileName(file) != file)
        {
            return ([], $"'{file}' is not a file name without a folder");
        }
        string path = Path.Combine(folder.Path, file);
        FileStatus status = FileStatus.Of(path);
        if (status.Kind != FileKind.Regular)
        {
            return ([], $"'{path}' {status.Problem(path, FileKind.Regular)}");
        }
        try
        {
            return (File.ReadAllLines(path), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ([], exception.Message);
        }
    }
}
