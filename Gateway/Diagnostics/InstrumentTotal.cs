using System.Diagnostics.Metrics;
using System.Globalization;
using Prometheus;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>One instrument's values, by its tags.</summary>
internal sealed class InstrumentTotal
{
    private readonly Instrument _instrument;
    private readonly bool _counts;
    private readonly bool _observed;
    private readonly Lock _change = new();
    private volatile TaggedValue[] _series = [];

    private InstrumentTotal(Instrument instrument, bool counts)
    {
        _instrument = instrument;
        _counts = counts;
        _observed = instrument.IsObservable;
    }

    /// <summary>Null for a kind that is not shown.</summary>
    public static InstrumentTotal? Create(Instrument instrument) =>
        instrument switch
        {
            Counter<int> or Counter<long> or Counter<double> => new InstrumentTotal(instrument, counts: true),
            ObservableCounter<int> or ObservableCounter<long> or ObservableCounter<double> => new InstrumentTotal(
                instrument,
                counts: true
            ),
            UpDownCounter<int> or UpDownCounter<long> or UpDownCounter<double> => new InstrumentTotal(
                instrument,
                counts: false
            ),
            { IsObservable: true } => new InstrumentTotal(instrument, counts: false),
            _ => null,
        };

    /// <summary>An observed value replaces the one before, any other is added to it.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        TaggedValue series = Find(tags) ?? Add(tags);
        if (_observed)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>Before a scrape: what is not observed any more is not shown.</summary>
    public void ForgetObserved()
    {
        if (_observed)
        {
            lock (_change)
            {
                _series = [];
            }
        }
    }

    /// <summary>
    /// Adds the series. A metric has one set of labels in <paramref name="labels"/>, by its name; what has others is left
    /// out.
    /// </summary>
    public void AddTo(MetricFactory metrics, Dictionary<string, string[]> labels)
    {
        string name = Name(_instrument.Name);
        string help = _instrument.Description ?? "";
        foreach (TaggedValue series in _series)
        {
            string[] names = [.. series.Tags.Select(static tag => Name(tag.Key))];
            labels.TryAdd(name, names);
            if (!labels[name].SequenceEqual(names))
            {
                continue;
            }
            string[] values = [.. series.Tags.Select(static tag => Text(tag.Value))];
            if (_counts)
            {
                metrics.CreateCounter(name, help, names).WithLabels(values).IncTo(series.Value);
            }
            else
            {
                metrics.CreateGauge(name, help, names).WithLabels(values).Set(series.Value);
            }
        }
    }

    /// <summary>The instrument's name as Prometheus allows it: letters, digits and underscores.</summary>
    private static string Name(string name) =>
        string.Create(
            name.Length,
            name,
            static (characters, source) =>
            {
                for (int i = 0; i < source.Length; i++)
                {
                    characters[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
                }
            }
        );

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    // An instrument has few series, and a call must not make a string to find its own.
    private TaggedValue? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (TaggedValue series in _series)
        {
            if (series.HasTags(tags))
            {
                return series;
            }
        }
        return null;
    }

    private TaggedValue Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_change)
        {
            if (Find(tags) is { } found)
            {
                return found;
            }
            TaggedValue series = new(tags.ToArray());
            _series = [.. _series, series];
            return series;
        }
    }
}
