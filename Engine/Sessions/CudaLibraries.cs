using System.Runtime.InteropServices;

namespace OrleansInference.Engine.Sessions;

/// <summary>
/// The libraries of NVIDIA's that ONNX Runtime's CUDA provider loads. Its own error names none of them.
/// </summary>
internal static class CudaLibraries
{
    /// <summary>
    /// The driver first, then what the provider is linked with, then what it loads with the first session.
    /// </summary>
    private static readonly string[] Linux =
    [
        "libcuda.so.1",
        "libcudart.so.13",
        "libcublasLt.so.13",
        "libcublas.so.13",
        "libcurand.so.10",
        "libcufft.so.12",
        "libcudnn.so.9",
    ];

    private static readonly string[] Windows =
    [
        "nvcuda.dll",
        "cudart64_13.dll",
        "cublasLt64_13.dll",
        "cublas64_13.dll",
        "curand64_10.dll",
        "cufft64_12.dll",
        "cudnn64_9.dll",
    ];

    /// <summary>What keeps CUDA from working, as far as loading its libraries tells.</summary>
    public static string Problem() => Problem(OperatingSystem.IsWindows() ? Windows : Linux, CanLoad);

    /// <inheritdoc cref="Problem()"/>
    /// <param name="names">The libraries, in the order to try them.</param>
    /// <param name="canLoad">Whether one can be loaded.</param>
    internal static string Problem(IReadOnlyList<string> names, Func<string, bool> canLoad)
    {
        string[] missing = [.. names.Where(name => !canLoad(name))];
        if (missing.Length == 0)
        {
            return "the CUDA libraries can be loaded: no device answers (nvidia-smi lists them), or it is "
                + "not supported";
        }
        string others = missing.Length == 1 ? "" : $" (nor {string.Join(", ", missing[1..])})";
        const string Remedy =
            "install the NVIDIA driver, CUDA 13 and cuDNN 9, or put their folders on the library path";
        return $"the library {missing[0]} cannot be loaded{others}; {Remedy}";
    }

    private static bool CanLoad(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint handle))
        {
            return false;
        }
        NativeLibrary.Free(handle);
        return true;
    }
}
