using OrleansInference.Engine.Replicas;

namespace OrleansInference.Engine.Repository;

/// <summary>One version, ready to serve.</summary>
/// <param name="Replica">What runs it.</param>
/// <param name="Number">The version.</param>
/// <param name="ConfigJson">Its completed configuration.</param>
/// <param name="Memory">Its share of the budget, given back after its session is disposed.</param>
internal sealed record LoadedModel(ModelReplica Replica, long Number, string ConfigJson, IDisposable Memory);
