using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.Engine.Sessions;

/// <summary>The process-wide ONNX Runtime environment, made before the first session.</summary>
internal static partial class OnnxRuntimeEnvironment
{
    private static readonly Lazy<string[]> Providers = new(Create);

    /// <summary>Execution providers that this build of ONNX Runtime has, such as <c>CPUExecutionProvider</c>.</summary>
    public static IReadOnlyList<string> AvailableProviders => Providers.Value;

    /// <summary>
    /// Gives memory that sessions freed back to the operating system; the C library keeps it otherwise.
    /// </summary>
    public static void TrimMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has none, and returns memory by itself.
        }
    }

    private static string[] Create()
    {
        // Read when the native library loads: this server sends nothing anywhere.
        Environment.SetEnvironmentVariable("ORT_DISABLE_TELEMETRY", "1");
        if (OperatingSystem.IsLinux())
        {
            try
            {
                // .NET on Unix keeps its environment to itself; the native library reads the C library's.
                _ = SetEnv("ORT_DISABLE_TELEMETRY", "1", 1);
            }
            catch (EntryPointNotFoundException) { }
        }

        // What fails is answered to its caller with the reason; the library would print it again for each request.
        EnvironmentCreationOptions options = new()
        {
            logId = "OrleansInference",
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        OrtEnv environment = OrtEnv.CreateInstanceWithOptions(ref options);
        environment.DisableTelemetryEvents();
        return environment.GetAvailableProviders();
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
