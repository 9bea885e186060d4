using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Tests.Nodes;

public sealed class ProcessorTimeTests
{
    private static readonly string[] Stat =
    [
        "cpu  1000 200 300 90000 500 60 40 10 7 3",
        "cpu0 500 100 150 45000 250 30 20 5 3 1",
        "cpu1 500 100 150 45000 250 30 20 5 4 2",
        "intr 12345",
        "cpu2 is no line of processors here",
    ];

    [Fact]
    public void Parse_TheSystemsLines_CountsWhatWasBusyAndStolen()
    {
        ProcessorTime time = ProcessorTime.Parse(Stat, ownSeconds: 4)!.Value;

        Assert.Equal(16.1, time.MachineSeconds, 6);
        Assert.Equal(2, time.Processors);
        Assert.Equal(4, time.OwnSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu  1 2 3")]
    [InlineData("memory 5")]
    public void Parse_OtherLines_SaysNothing(string line) => Assert.Null(ProcessorTime.Parse([line], ownSeconds: 0));

    [Theory]
    [InlineData(2, 2, 2, 0.0)]
    [InlineData(2, 1, 2, 0.5)]
    [InlineData(2, 0, 2, 1.0)]
    [InlineData(8, 2, 2, 0.0)]
    [InlineData(8, 0, 2, 0.0)]
    public void TakenByOthers_ProcessorsThatItCannotUse_DoNotCount(
        int processors,
        double own,
        int usable,
        double expected
    )
    {
        // Two processors' worth of work in one second, of which this process did a part.
        ProcessorTime before = new(100, 10, processors);
        ProcessorTime after = new(102, 10 + own, processors);

        Assert.Equal(expected, after.TakenByOthers(before, TimeSpan.FromSeconds(1), usable), 6);
    }

    [Fact]
    public void TakenByOthers_AFullMachine_IsWhatIsMissing()
    {
        ProcessorTime before = new(100, 10, 8);
        ProcessorTime after = new(108, 11, 8);

        Assert.Equal(0.5, after.TakenByOthers(before, TimeSpan.FromSeconds(1), usable: 2), 6);
    }

    [Fact]
    public void Now_OnLinux_Moves()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux counts it");
        ProcessorTime before = ProcessorTime.Now()!.Value;
        double sum = 0;
        while (ProcessorTime.Now()!.Value.OwnSeconds - before.OwnSeconds < 0.05)
        {
            sum += Math.Sqrt(sum + 1);
        }

        Assert.True(ProcessorTime.Now()!.Value.MachineSeconds > before.MachineSeconds);
    }
}
