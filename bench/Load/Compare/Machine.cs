using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansInference.Load.Compare;

/// <summary>Where and of what the figures are.</summary>
internal static class Machine
{
    public static string Describe() =>
        $"{Environment.ProcessorCount} cores, {Cpu()}, "
        + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB, "
        + $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    public static string Commit() =>
        (Git("rev-parse", "--short", "HEAD") ?? "unknown")
        + (string.IsNullOrEmpty(Git("status", "--porcelain")) ? "" : " with local changes");

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
