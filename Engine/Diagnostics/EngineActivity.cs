using System.Diagnostics;
using OrleansInference.Engine.Batching;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Diagnostics;

/// <summary>
/// The spans of the engine: <c>inference.request</c> from admission to answer, below the caller's span;
/// <c>inference.batch</c> below its first request's, with links to all its requests; <c>inference.run</c> below the
/// batch.
/// </summary>
public static class EngineActivity
{
    /// <summary>The name of the source, to subscribe to.</summary>
    public const string SourceName = "OrleansInference";

    private static readonly ActivitySource Source = new(SourceName);

    internal static Activity? StartRequest(string model, string version, int rows)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        Activity? caller = Activity.Current;
        Activity? request = Source.StartActivity("inference.request");
        // The caller's own span stays the current one: this one ends on another thread.
        Activity.Current = caller;
        return request?.SetTag("model", model).SetTag("version", version).SetTag("rows", rows);
    }

    internal static Activity? StartBatch(string model, List<BatchEntry<QueuedInference>> entries)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        Activity? first = entries[0].Request.Activity;
        IEnumerable<ActivityLink> links = entries
            .Where(entry => entry.Request.Activity is not null)
            .Select(entry => new ActivityLink(entry.Request.Activity!.Context));
        return Source
            .StartActivity("inference.batch", ActivityKind.Internal, first?.Context ?? default, links: links)
            ?.SetTag("model", model)
            .SetTag("requests", entries.Count)
            .SetTag("rows", entries.Sum(entry => entry.Rows));
    }

    internal static Activity? StartRun() => Source.HasListeners() ? Source.StartActivity("inference.run") : null;

    internal static Activity? StartEnsemble(string model, string version)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        return Source.StartActivity("inference.ensemble")?.SetTag("model", model).SetTag("version", version);
    }
}
