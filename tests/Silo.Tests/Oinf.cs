using System.Diagnostics;

namespace OrleansInference.Silo.Tests;

/// <summary>Runs <c>oinf</c> as a user does.</summary>
internal static class Oinf
{
    /// <summary>Its exit code, and all that it printed.</summary>
    /// <param name="arguments">Command and options.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="key">The key in its environment; null for none.</param>
    public static async Task<(int Code, string Output)> RunAsync(
        string[] arguments,
        CancellationToken cancellationToken,
        string? key = null
    )
    {
        string oinf = Path.Combine(Path.GetDirectoryName(typeof(Oinf).Assembly.Location)!, "oinf.dll");
        ProcessStartInfo start = new("dotnet", [oinf, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("OINF_API_KEY");
        if (key is not null)
        {
            start.Environment["OINF_API_KEY"] = key;
        }
        using Process process = Process.Start(start)!;
        string[] texts = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(cancellationToken),
            process.StandardError.ReadToEndAsync(cancellationToken)
        );
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, string.Concat(texts));
    }
}
