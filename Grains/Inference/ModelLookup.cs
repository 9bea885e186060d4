using OrleansInference.Engine.Replicas;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Grains.Inference;

/// <summary>What a node knows of the model of a request, looked up once.</summary>
/// <param name="Snapshot">The routes in which it was looked up.</param>
/// <param name="Targets">The replicas to pick from; null where there is nothing to decide.</param>
/// <param name="Here">What serves it on this node; null where nothing does, or <paramref name="Targets"/> say.</param>
internal readonly record struct ModelLookup(RoutingSnapshot Snapshot, ModelTargets? Targets, IServedModel? Here);
