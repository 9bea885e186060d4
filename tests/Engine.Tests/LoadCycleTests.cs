using System.Diagnostics;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Engine.Tests;

public sealed class LoadCycleTests
{
    /// <summary>1,000 times loaded and unloaded: memory stays within 15 % of its value after the first 50.</summary>
    [Fact]
    public async Task LoadAsync_AThousandTimes_GivesMemoryBack()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("ORLEANS_INFERENCE_ALONE") == "1",
            "a long run that measures its process, which must be its alone: .ci/run --full"
        );
        byte[] squeezenet = await File.ReadAllBytesAsync(
            RepositoryRoot.Data("models", "vision", "squeezenet.onnx"),
            TestContext.Current.CancellationToken
        );
        await using TestEngine test = new();
        test.Write("squeezenet", squeezenet, "max_batch_size: 1");
        long after50 = 0;
        long worst = 0;
        for (int cycle = 1; cycle <= 1000; cycle++)
        {
            Assert.True(await test.Engine.LoadAsync("squeezenet", TestContext.Current.CancellationToken));
            Assert.True(await test.Engine.UnloadAsync("squeezenet", TestContext.Current.CancellationToken));
            long rss = Rss();
            if (cycle == 50)
            {
                after50 = rss;
            }
            if (cycle > 50)
            {
                worst = Math.Max(worst, rss);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"RSS after 50 cycles {after50 >> 10} KiB, after 1,000 {Rss() >> 10} KiB, highest {worst >> 10} KiB"
        );
        Assert.InRange(Rss(), 0, (long)(after50 * 1.15));
    }

    private static long Rss()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
