using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// What .NET's instruments count, in Prometheus' terms: counters, and gauges that are asked on a scrape. Histograms are
/// left out: Orleans measures the size of each message twice, and that would cost each call.
/// </summary>
internal sealed class InstrumentTotals : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, InstrumentTotal> _totals = new();
    private readonly Lock _scrape = new();

    /// <summary>Listens to the meters of these names.</summary>
    public InstrumentTotals(IReadOnlySet<string> meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!meters.Contains(instrument.Meter.Name) || InstrumentTotal.Create(instrument) is not { } total)
            {
                return;
            }
            _totals[instrument] = total;
            listener.EnableMeasurementEvents(instrument, total);
        };
        _listener.MeasurementsCompleted = (instrument, _) => _totals.TryRemove(instrument, out InstrumentTotal? _);
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, tags, total) => ((InstrumentTotal)total!).Record(value, tags)
        );
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, total) => ((InstrumentTotal)total!).Record(value, tags)
        );
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, total) => ((InstrumentTotal)total!).Record(value, tags)
        );
        _listener.Start();
    }

    /// <summary>Asks the observable instruments, and adds one series for each set of tags.</summary>
    public void AddTo(MetricFactory metrics)
    {
        // Two scrapes at once would forget each other's values in between.
        lock (_scrape)
        {
            foreach (InstrumentTotal total in _totals.Values)
            {
                total.ForgetObserved();
            }
            _listener.RecordObservableInstruments();
            Dictionary<string, string[]> labels = [];
            foreach (InstrumentTotal total in _totals.Values)
            {
                total.AddTo(metrics, labels);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();
}
