using System.Diagnostics.Metrics;
using System.Text;
using OrleansInference.Gateway.Diagnostics;
using Prometheus;

namespace OrleansInference.Gateway.Tests.Diagnostics;

public sealed class InstrumentTotalsTests : IDisposable
{
    private static readonly KeyValuePair<string, object?> Read = new("kind.of", "read");
    private static readonly KeyValuePair<string, object?> Write = new("kind.of", "write");

    private readonly Meter _meter = new("InstrumentTotalsTests." + Guid.NewGuid());
    private readonly InstrumentTotals _totals;

    public InstrumentTotalsTests() => _totals = new InstrumentTotals(new HashSet<string> { _meter.Name });

    public void Dispose()
    {
        _totals.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task AddTo_Counter_IsTheSumOfEachTag()
    {
        Counter<int> calls = _meter.CreateCounter<int>("some-calls.made");
        calls.Add(2, Read);
        calls.Add(3, Write);
        calls.Add(5, Read);

        string[] lines = await ScrapeAsync();

        Assert.Contains("# TYPE some_calls_made counter", lines);
        Assert.Contains("some_calls_made{kind_of=\"read\"} 7", lines);
        Assert.Contains("some_calls_made{kind_of=\"write\"} 3", lines);
        Assert.Contains("some_calls_made{kind_of=\"read\"} 7", await ScrapeAsync());
    }

    [Fact]
    public async Task AddTo_ManyThreads_LoseNothing()
    {
        Counter<long> calls = _meter.CreateCounter<long>("calls");

        Parallel.For(0, 10_000, i => calls.Add(1, i % 2 == 0 ? Read : Write));

        string[] lines = await ScrapeAsync();
        Assert.Contains("calls{kind_of=\"read\"} 5000", lines);
        Assert.Contains("calls{kind_of=\"write\"} 5000", lines);
    }

    [Fact]
    public async Task AddTo_Observed_IsTheLastValueOnly()
    {
        int value = 4;
        _meter.CreateObservableGauge("level", () => value);
        _meter.CreateObservableCounter("loads", () => (long)value * 10);
        Assert.Contains("level 4", await ScrapeAsync());
        value = 3;

        string[] lines = await ScrapeAsync();

        Assert.Contains("# TYPE level gauge", lines);
        Assert.Contains("level 3", lines);
        Assert.Contains("loads 30", lines);
    }

    [Fact]
    public async Task AddTo_UpDownCounter_IsAGauge()
    {
        UpDownCounter<int> open = _meter.CreateUpDownCounter<int>("open");
        open.Add(5);
        open.Add(-2);

        string[] lines = await ScrapeAsync();

        Assert.Contains("# TYPE open gauge", lines);
        Assert.Contains("open 3", lines);
    }

    [Fact]
    public async Task AddTo_SeriesThatIsObservedNoMore_IsGone()
    {
        Measurement<int>[] seen = [new(1, Read), new(2, Write)];
        _meter.CreateObservableGauge("level", () => seen);
        await ScrapeAsync();
        seen = [new(2, Write)];

        string[] lines = await ScrapeAsync();

        Assert.Contains("level{kind_of=\"write\"} 2", lines);
        Assert.DoesNotContain(lines, line => line.Contains("read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddTo_SameNameWithOtherLabels_DoesNotFailTheScrape()
    {
        Counter<int> calls = _meter.CreateCounter<int>("calls");
        calls.Add(1, Read);
        calls.Add(1);

        Assert.Contains("calls{kind_of=\"read\"} 1", await ScrapeAsync());
    }

    [Fact]
    public async Task AddTo_MeterOfSomebodyElse_IsNotShown()
    {
        using Meter other = new("InstrumentTotalsTests.Other");
        other.CreateCounter<int>("others").Add(1);

        Assert.DoesNotContain(await ScrapeAsync(), line => line.Contains("others", StringComparison.Ordinal));
    }

    private async Task<string[]> ScrapeAsync()
    {
        CollectorRegistry registry = Metrics.NewCustomRegistry();
        _totals.AddTo(Metrics.WithCustomRegistry(registry));
        using MemoryStream text = new();
        await registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }
}
