using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Admission;

namespace OrleansInference.Engine.Replicas;

/// <summary>What a replica serves, the same for as long as it lives.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version, a decimal number.</param>
/// <param name="Signature">What a run takes and gives.</param>
/// <param name="Policy">Priorities, deadlines, objectives.</param>
internal sealed record ReplicaSpec(string Name, string Version, ModelSignature Signature, QueuePolicy Policy);
