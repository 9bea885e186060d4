using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using Prometheus;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// <c>GET /metrics</c> in Prometheus' text format: Triton's metrics by Triton's names, the server's own, and Orleans'
/// instruments. Triton's are made anew for each scrape from the statistics, so that both always agree.
/// </summary>
internal sealed class MetricsEndpoint : IDisposable
{
    private static readonly string[] Labels = ["model", "version"];

    /// <summary>Meters whose instruments are shown as they are.</summary>
    private static readonly HashSet<string> Meters = ["OrleansInference", "Microsoft.Orleans"];

    private readonly IModelCatalog _catalog;
    private readonly BytesInFlight _bytes;
    private readonly LatencyMetrics _latencies;
    private readonly bool _hasDurations;
    private readonly MachineMetrics _machine = new();
    private readonly InstrumentTotals _instruments = new(Meters);

    public MetricsEndpoint(
        IModelCatalog catalog,
        BytesInFlight bytes,
        LatencyMetrics latencies,
        IOptions<GatewayOptions> options
    )
    {
        _catalog = catalog;
        _bytes = bytes;
        _latencies = latencies;
        _hasDurations = options.Value.Metrics.CounterLatencies;
    }

    /// <summary>Serves one scrape.</summary>
    public async Task ScrapeAsync(HttpContext context)
    {
        context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        await Collect().CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
        await _latencies.WriteAsync(context.Response.Body, context.RequestAborted);
    }

    /// <inheritdoc />
    public void Dispose() => _instruments.Dispose();

    private CollectorRegistry Collect()
    {
        // Anew for each scrape: a model that has gone leaves no series behind.
        CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
        MetricFactory metrics = Prometheus.Metrics.WithCustomRegistry(registry);
        Counter success = Count(
            "nv_inference_request_success",
            "Number of successful inference requests, all batch sizes"
        );
        Counter inferences = Count(
            "nv_inference_count",
            "Number of inferences performed (does not include cached requests)"
        );
        Counter executions = Count(
            "nv_inference_exec_count",
            "Number of model executions performed (does not include cached requests)"
        );
        Counter failure = metrics.CreateCounter(
            "nv_inference_request_failure",
            "Number of failed inference requests, all batch sizes",
            // In the order in which Triton writes them, for those who search the text.
            ["model", "reason", "version"]
        );
        Gauge pending = metrics.CreateGauge(
            "nv_inference_pending_request_count",
            "Instantaneous number of pending requests awaiting execution per-model.",
            Labels
        );
        Gauge memory = metrics.CreateGauge(
            "orleans_inference_model_memory_bytes",
            "Memory reserved for a model version",
            Labels
        );
        metrics
            .CreateGauge("orleans_inference_managed_memory_bytes", "Bytes that .NET's garbage collection holds")
            .Set(GC.GetGCMemoryInfo().TotalCommittedBytes);
        metrics.CreateGauge("orleans_inference_bytes_in_flight", "Bytes of request bodies held").Set(_bytes.Current);
        foreach (InferenceStatistics model in _catalog.GetStatistics("", ""))
        {
            string[] labels = [model.Name, model.Version];
            success.WithLabels(labels).IncTo(model.Success.Count);
            inferences.WithLabels(labels).IncTo(model.InferenceCount);
            executions.WithLabels(labels).IncTo(model.ExecutionCount);
            if (_hasDurations)
            {
                AddDurations(metrics, model, labels);
            }
            pending.WithLabels(labels).Set(model.PendingRequests);
            memory.WithLabels(labels).Set(model.MemoryBytes);
            foreach (IGrouping<string, KeyValuePair<InferenceError, long>> reason in Reasons(model))
            {
                failure.WithLabels(model.Name, reason.Key, model.Version).IncTo(reason.Sum(error => error.Value));
            }
        }

        _machine.AddTo(metrics);
        _instruments.AddTo(metrics);
        return registry;

        Counter Count(string name, string help) => metrics.CreateCounter(name, help, Labels);
    }

    private static void AddDurations(MetricFactory metrics, InferenceStatistics model, string[] labels)
    {
        Add("request", "inference request", model.Success);
        Add("queue", "inference queuing", model.Queue);
        Add("compute_input", "compute input", model.ComputeInput);
        Add("compute_infer", "compute inference", model.ComputeInfer);
        Add("compute_output", "inference compute output", model.ComputeOutput);

        void Add(string part, string what, DurationStatistic duration) =>
            metrics
                .CreateCounter(
                    $"nv_inference_{part}_duration_us",
                    $"Cumulative {what} duration in microseconds",
                    Labels
                )
                .WithLabels(labels)
                .IncTo(Microseconds(duration));
    }

    /// <summary>Triton's reasons; each is there from the start, at 0.</summary>
    private static ILookup<string, KeyValuePair<InferenceError, long>> Reasons(InferenceStatistics model) =>
        // A counter that appears with its first failure has no rate for it: Prometheus sees no rise from 0.
        new[]
        {
            InferenceError.ResourceExhausted,
            InferenceError.Cancelled,
            InferenceError.Internal,
            InferenceError.None,
        }
            .Where(error => !model.Failures.ContainsKey(error))
            .Select(error => KeyValuePair.Create(error, 0L))
            .Concat(model.Failures)
            .ToLookup(error => Reason(error.Key));

    private static string Reason(InferenceError error) =>
        error switch
        {
            InferenceError.ResourceExhausted or InferenceError.DeadlineExceeded or InferenceError.Unavailable =>
                "REJECTED",
            InferenceError.Cancelled => "CANCELED",
            InferenceError.Internal => "BACKEND",
            _ => "OTHER",
        };

    private static double Microseconds(DurationStatistic duration) => duration.Nanoseconds / 1000;
}
