using TorchSharp;

namespace OrleansInference.Training;

/// <summary>Whether Torch's native library can be used here.</summary>
internal static class TorchLibrary
{
    /// <summary>Why it cannot; null where it can.</summary>
    public static string? Problem { get; } = Probe();

    private static string? Probe()
    {
        try
        {
            using torch.Tensor one = torch.tensor(1f);
            return one.item<float>() == 1 ? null : "TorchSharp computes wrongly on this machine";
        }
        catch (Exception exception)
            when (exception
                    is TypeInitializationException
                        or DllNotFoundException
                        or NotSupportedException
                        or EntryPointNotFoundException
                        or BadImageFormatException
            )
        {
            return $"TorchSharp's native library does not load on this machine: it needs a C++ library with "
                + $"GLIBCXX_3.4.32, as Debian 13 and Ubuntu 24.04 have ({(exception.InnerException ?? exception).Message.Split('\n')[0]})";
        }
    }
}
