using System.Runtime;

namespace OrleansInference.Training;

/// <summary>
/// Keeps garbage collections between Torch's calls. TorchSharp passes numbers as objects whose memory the collector
/// frees while the native library still reads them. That ends the process now and then.
/// </summary>
internal static class CollectionPause
{
    private const long Bytes = 200L << 20;

    /// <summary>
    /// Collects now, and then not before the next call, as long as less than 200 MB are allocated meanwhile.
    /// </summary>
    public static void Renew()
    {
        End();
        _ = GC.TryStartNoGCRegion(Bytes);
    }

    /// <summary>Lets the collector work as usual.</summary>
    public static void End()
    {
        if (GCSettings.LatencyMode != GCLatencyMode.NoGCRegion)
        {
            return;
        }
        try
        {
            GC.EndNoGCRegion();
        }
        catch (InvalidOperationException)
        {
            // More was allocated, and the pause has ended by itself.
        }
    }
}
