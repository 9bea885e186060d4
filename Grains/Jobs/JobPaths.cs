using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Grains.Jobs;

/// <summary>Keeps callers from outside within <c>Jobs:Root</c>, also by way of symbolic links.</summary>
internal sealed class JobPaths(IOptions<JobOptions> options)
{
    /// <summary>The same job with its paths made whole.</summary>
    /// <exception cref="InferenceException">No root is set, or a path leads out of it.</exception>
    public BulkJobSpec Confine(BulkJobSpec spec)
    {
        if (options.Value.Root.Length == 0)
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                "this server takes no bulk jobs: its operator has not set a folder for them (Jobs:Root, "
                    + "--jobs-root DIR)"
            );
        }
        spec = spec with { Input = Confine("input", spec.Input), Output = Confine("output", spec.Output) };
        // The folder of its parts may be a link that leads out where the output itself is none.
        _ = Confine("output", JobFiles.Folder(spec.Output));
        return spec;
    }

    private string Confine(string member, string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid($"{member} must be a path");
        }
        try
        {
            string root = Path.TrimEndingDirectorySeparator(RealPath.Of(options.Value.Root));
            string real = RealPath.Of(Path.Combine(root, path));
            if (!real.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw Invalid($"{member} '{path}' leads out of the folder for bulk jobs, {options.Value.Root}");
            }
            if (Path.GetRelativePath(root, real).Split(Path.DirectorySeparatorChar)[0] == JobRegistry.FolderName)
            {
                throw Invalid($"{member} '{path}' is in {JobRegistry.FolderName}, which the server keeps to itself");
            }
            return real;
        }
        catch (IOException exception)
        {
            throw Invalid($"{member} '{path}' cannot be followed: {exception.Message}");
        }
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
