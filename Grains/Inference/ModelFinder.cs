using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Nodes;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Grains.Inference;

/// <summary>Looks up the model of a request: in the routes of the cluster, then in this node's engine.</summary>
internal sealed class ModelFinder(ClusterNode node, InferenceEngine engine)
{
    /// <summary>Looks a model up; an empty version means the highest.</summary>
    public ModelLookup Find(string name, string version)
    {
        RoutingSnapshot snapshot = node.Router.Snapshot;
        // Where this node is the only one with the model, or nobody has it, there is nothing to decide.
        return snapshot.Find(name) is { IsLocalOnly: false } targets
            ? new ModelLookup(snapshot, targets, Here: null)
            : new ModelLookup(snapshot, Targets: null, engine.Find(name, version, out _, out _));
    }

    /// <summary>What serves a request's model on this node, whatever the routes say; null where nothing does.</summary>
    public IServedModel? FindHere(InferenceCall request) =>
        engine.Find(request.ModelName, request.ModelVersion, out _, out _);

    /// <summary>Whether no newer routes have been published since.</summary>
    public bool IsCurrent(in ModelLookup found) => ReferenceEquals(found.Snapshot, node.Router.Snapshot);
}
