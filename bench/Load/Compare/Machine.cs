using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.Load.Compare;

/// <summary>Where and of what the figures are.</summary>
internal static class Machine
{
    public static string Describe() =>
        $"{Environment.ProcessorCount} cores, {Cpu()}, "
        + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB, "
        + $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
        + $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";

    /// <summary>The commit of the checkout that a folder lies in, by default the current one.</summary>
    public static string Commit(string? folder = null)
    {
        var checkout = folder ?? ".";
        if (Git("-C", checkout, "rev-parse", "--short", "HEAD") is not { } commit)
        {
            return "unknown";
        }
        return string.IsNullOrEmpty(Git("-C", checkout, "status", "--porcelain"))
            ? commit
            : $"{commit} with local changes";
    }

    private static string Cpu()
    {
        try
        {
            return File.ReadLines("/proc/cpuinfo")
                    .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                    ?.Split(':', 2)[1]
                    .Trim()
                ?? "unknown CPU";
        }
        catch (IOException)
        {
            return "unknown CPU";
        }
    }

    private static string? Git(params string[] arguments)
    {
        try
        {
            using var git = Process.Start(
                new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            );
            var output = git?.StandardOutput.ReadToEnd().Trim();
            git?.WaitForExit();
            return git?.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
