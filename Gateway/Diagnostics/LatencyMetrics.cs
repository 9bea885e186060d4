using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using Prometheus;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// Triton's histograms and summaries of latencies, where they are asked for: they listen to each answer, and a model that
/// has gone leaves no series behind.
/// </summary>
internal sealed class LatencyMetrics : IDisposable
{
    private const string Family = "nv_inference_first_response_histogram_ms";
    private static readonly double[] s_standardBounds = [100, 500, 2000, 5000];
    private static readonly JsonParser s_configs = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private readonly IModelCatalog _catalog;
    private readonly LatencyOptions _options;
    private readonly MeterListener? _listener;
    private readonly ConcurrentDictionary<(string Model, string Version), LatencyBuckets> _buckets = new();
    private readonly ConcurrentDictionary<(string Model, string Version), byte> _known = new();
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly Dictionary<string, Summary> _summaries = [];

    /// <summary>Listens where a histogram or summary is asked for.</summary>
    public LatencyMetrics(IModelCatalog catalog, IOptions<GatewayOptions> options)
    {
        _catalog = catalog;
        _options = options.Value.Metrics;
        if (!_options.HistogramLatencies && !_options.SummaryLatencies)
        {
            return;
        }
        MetricFactory metrics = Prometheus.Metrics.WithCustomRegistry(_registry);
        SummaryConfiguration configuration = new()
        {
            Objectives = [.. _options.Quantiles().Select(pair => new QuantileEpsilonPair(pair.Quantile, pair.Error))],
            MaxAge = TimeSpan.FromMinutes(1),
        };
        foreach (string part in Parts.Where(_ => _options.SummaryLatencies))
        {
            _summaries[part] = metrics.CreateSummary(
                $"nv_inference_{part}_summary_us",
                $"Summary of inference {part.Replace('_', ' ')} duration in microseconds (includes cached requests)",
                ["model", "version"],
                configuration
            );
        }
        _listener = new MeterListener { InstrumentPublished = Subscribe };
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.Start();
    }

    private static string[] Parts =>
        [LatencyMeter.RequestName, "queue", "compute_input", "compute_infer", "compute_output"];

    /// <summary>Writes all of it in Prometheus' text format.</summary>
    public async Task WriteAsync(Stream body, CancellationToken cancellationToken)
    {
        if (_listener is null)
        {
            return;
        }
        (string Model, string Version)[] served =
        [
            .. _catalog.GetStatistics("", "").Select(model => (model.Name, model.Version)),
        ];
        Forget(served);
        if (_options.SummaryLatencies)
        {
            await _registry.CollectAndExportAsTextAsync(body, cancellationToken);
        }
        if (_options.HistogramLatencies && served.Length > 0)
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes(Histograms(served)), cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _listener?.Dispose();

    private static string Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == name)
            {
                return tag.Value as string ?? "";
            }
        }
        return "";
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private void Subscribe(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == LatencyMeter.Name)
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private void Record(
        Instrument instrument,
        double microseconds,
        ReadOnlySpan<KeyValuePair<string, object?>> tags,
        object? state
    )
    {
        string model = Tag(tags, "model");
        string version = Tag(tags, "version");
        if (_summaries.TryGetValue(instrument.Name, out Summary? summary))
        {
            _known.TryAdd((model, version), 0);
            summary.WithLabels(model, version).Observe(microseconds);
        }
        if (_options.HistogramLatencies && instrument.Name == LatencyMeter.RequestName)
        {
            LatencyBuckets buckets = _buckets.GetOrAdd((model, version), key => new LatencyBuckets(BoundsOf(key)));
            buckets.Add(microseconds / 1000);
        }
    }

    /// <summary>Drops what does not serve any more, and has a series ready for what has not answered yet.</summary>
    private void Forget((string Model, string Version)[] served)
    {
        foreach ((string model, string version) gone in _known.Keys.Except(served))
        {
            _known.TryRemove(gone, out _);
            foreach (Summary summary in _summaries.Values)
            {
                summary.RemoveLabelled(gone.model, gone.version);
            }
        }
        foreach ((string Model, string Version) gone in _buckets.Keys.Except(served))
        {
            _buckets.TryRemove(gone, out _);
        }
        foreach ((string model, string version) in served)
        {
            _known.TryAdd((model, version), 0);
            foreach (Summary summary in _summaries.Values)
            {
                summary.WithLabels(model, version);
            }
        }
    }

    private string Histograms((string Model, string Version)[] served)
    {
        StringBuilder text = new();
        text.Append($"# HELP {Family} Duration from request to first response in milliseconds\n");
        text.Append($"# TYPE {Family} histogram\n");
        foreach ((string Model, string Version) key in served)
        {
            double[] bounds = BoundsOf(key);
            LatencyBuckets buckets = _buckets.GetOrAdd(key, _ => new LatencyBuckets(bounds));
            if (!buckets.Bounds.SequenceEqual(bounds))
            {
                // The model was loaded again with others: what was counted by the old ones cannot be told by these.
                buckets = _buckets[key] = new LatencyBuckets(bounds);
            }
            buckets.Write(text, Family, $"model=\"{Escape(key.Model)}\",version=\"{Escape(key.Version)}\"");
        }
        return text.ToString();
    }

    /// <summary>Those of its <c>model_metrics</c>, or Triton's standard ones.</summary>
    private double[] BoundsOf((string Model, string Version) key)
    {
        ModelMetrics? configured;
        try
        {
            configured = s_configs.Parse<ModelConfig>(_catalog.GetConfigJson(key.Model, key.Version)).ModelMetrics;
        }
        catch (InferenceException)
        {
            // It has gone meanwhile, and its series goes with the next scrape.
            return s_standardBounds;
        }
        double[]? bounds = configured
            ?.MetricControl.LastOrDefault(control => control.MetricIdentifier?.Family == Family)
            ?.HistogramOptions?.Buckets.Distinct()
            .Order()
            .ToArray();
        return bounds is { Length: > 0 } ? bounds : s_standardBounds;
    }
}
