using Microsoft.Extensions.Time.Testing;
using OrleansInference.Engine.Emulation;

namespace OrleansInference.Engine.Tests.Replicas;

/// <summary>A device whose runs move a test's clock, millisecond by millisecond, until they end or are terminated.</summary>
internal sealed class SteppedDevice(FakeTimeProvider time, int milliseconds) : IEmulatedDevice
{
    /// <summary>What each run took, in milliseconds, and whether it was terminated.</summary>
    public List<(int Milliseconds, bool IsTerminated)> Runs { get; } = [];

    /// <summary>Called with each millisecond of a run.</summary>
    public Action<int>? OnStep { get; set; }

    public bool Run(ModelProfile model, int rows, Func<bool> isTerminated)
    {
        int passed = 0;
        while (passed < milliseconds && !isTerminated())
        {
            passed++;
            time.Advance(TimeSpan.FromMilliseconds(1));
            OnStep?.Invoke(passed);
        }
        Runs.Add((passed, isTerminated()));
        return !isTerminated();
    }
}
