using Orleans.Runtime;

namespace OrleansInference.Grains.Placement;

/// <summary>Places a grain where the plan has it.</summary>
[Serializable]
[GenerateSerializer]
[Immutable]
[SuppressReferenceTracking]
[Alias("OrleansInference.PlanPlacement")]
internal sealed class PlanPlacement : PlacementStrategy;
