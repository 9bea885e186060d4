using System.Runtime.InteropServices;

namespace OrleansInference.Load;

/// <summary>
/// The C library's environment. On Unix the runtime keeps a copy of its own, so that
/// <see cref="Environment.SetEnvironmentVariable(string, string?)"/> alone is invisible to native libraries.
/// </summary>
internal static partial class NativeEnvironment
{
    public static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (!OperatingSystem.IsWindows())
        {
            _ = SetNative(name, value, 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNative(string name, string value, int overwrite);
}
