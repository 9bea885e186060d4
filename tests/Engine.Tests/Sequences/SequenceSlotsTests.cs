using OrleansInference.Engine.Sequences;

namespace OrleansInference.Engine.Tests.Sequences;

public sealed class SequenceSlotsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resize_More_LetsWhoWaitsIn()
    {
        SequenceSlots slots = new(1);
        using IDisposable? held = await slots.TakeAsync(TimeSpan.Zero, Token);
        Task<IDisposable?> waiting = slots.TakeAsync(Timeout.InfiniteTimeSpan, Token).AsTask();
        bool waited = !waiting.IsCompleted;

        slots.Resize(2);

        using IDisposable? second = await waiting;
        Assert.True(waited);
        Assert.NotNull(second);
        Assert.Equal((2, 0), (slots.Count, slots.Free));
    }

    [Fact]
    public async Task Resize_FewerThanAreHeld_TakesThoseBackAsTheyBecomeFree()
    {
        SequenceSlots slots = new(3);
        IDisposable?[] held =
        [
            await slots.TakeAsync(TimeSpan.Zero, Token),
            await slots.TakeAsync(TimeSpan.Zero, Token),
        ];

        slots.Resize(1);

        int[] free = [slots.Free, 0, 0];
        held[0]!.Dispose();
        free[1] = slots.Free;
        held[1]!.Dispose();
        free[2] = slots.Free;
        Assert.Equal([0, 0, 1], free);
    }

    [Fact]
    public async Task Resize_FewerAndMoreAgain_OwesNothing()
    {
        SequenceSlots slots = new(2);
        IDisposable? first = await slots.TakeAsync(TimeSpan.Zero, Token);
        IDisposable? second = await slots.TakeAsync(TimeSpan.Zero, Token);

        slots.Resize(1);
        slots.Resize(3);

        int free = slots.Free;
        first!.Dispose();
        second!.Dispose();
        Assert.Equal((1, 3), (free, slots.Free));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Resize_NoPlaces_Throws(int places) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SequenceSlots(1).Resize(places));
}
