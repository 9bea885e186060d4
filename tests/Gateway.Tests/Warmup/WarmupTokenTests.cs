using OrleansInference.Gateway.Warmup;

namespace OrleansInference.Gateway.Tests.Warmup;

public sealed class WarmupTokenTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void WaitAsync_NoWarmup_EndsAtOnce() => Assert.True(new WarmupToken().WaitAsync(Long, Token).IsCompleted);

    [Fact]
    public async Task WaitAsync_AWarmup_EndsWithIt()
    {
        WarmupToken warmup = new();
        warmup.Open();

        Task waiting = warmup.WaitAsync(Long, Token);
        bool before = waiting.IsCompleted;
        warmup.Close();
        await waiting.WaitAsync(Long, Token);

        Assert.False(before);
        Assert.False(warmup.IsOpen);
    }

    [Fact]
    public async Task WaitAsync_AWarmupThatGoesOn_EndsWithItsOwnTimeOrTheCaller()
    {
        WarmupToken warmup = new();
        warmup.Open();
        using CancellationTokenSource gone = new();
        await gone.CancelAsync();

        await warmup.WaitAsync(TimeSpan.FromMilliseconds(1), Token);
        await warmup.WaitAsync(Long, gone.Token);

        Assert.True(warmup.IsOpen);
    }
}
