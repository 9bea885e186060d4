using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Tests.Core;

public sealed class SimulationClockTests
{
    private readonly SimulationClock _clock = new();

    [Fact]
    public void TakeNext_EventsOfOneMoment_ComeInTheOrderInWhichTheyWereScheduled()
    {
        _clock.Schedule(20, EventKind.Look, 1);
        _clock.Schedule(10, EventKind.Wake, 2);
        _clock.Schedule(10, EventKind.Loaded, 3);

        Assert.Equal([2, 3, 1], Enumerable.Range(0, 3).Select(_ => _clock.TakeNext().Target));
        Assert.Equal(20, _clock.Ticks);
        Assert.Equal(long.MaxValue, _clock.NextAt);
    }

    [Fact]
    public void Schedule_ADelay_CountsFromThePresent()
    {
        _clock.AdvanceTo(100);

        _clock.Schedule(5, EventKind.Wake, 0);

        Assert.Equal(105, _clock.NextAt);
        Assert.Equal(TimeSpan.FromTicks(100), _clock.Now);
    }

    [Fact]
    public void Clear_WhatWasToHappen_IsForgottenAndTimeStandsStill()
    {
        _clock.Schedule(5, EventKind.Wake, 0);

        _clock.Clear();

        Assert.Equal((long.MaxValue, 0), (_clock.NextAt, _clock.Ticks));
    }
}
