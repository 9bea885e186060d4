namespace OrleansInference.Tests.Shared;

/// <summary>What all fuzz tests share.</summary>
internal static class Fuzzing
{
    /// <summary>Seconds that each runs: 10, or ten times as long with ORLEANS_INFERENCE_FULL.</summary>
    public static int Seconds =>
        Environment.GetEnvironmentVariable("ORLEANS_INFERENCE_FULL") is { Length: > 0 } ? 100 : 10;

    /// <summary>Something valid with bytes changed, cut out or put in.</summary>
    public static byte[] Changed(byte[] valid, int at, int cut, byte[] put) =>
        [.. valid.AsSpan(0, at), .. put, .. valid.AsSpan(Math.Min(valid.Length, at + cut))];
}
