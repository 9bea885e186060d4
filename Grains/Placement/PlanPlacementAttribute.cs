using Orleans.Placement;

namespace OrleansInference.Grains.Placement;

/// <summary>Marks a grain class that the plan places.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PlanPlacementAttribute() : PlacementAttribute(new PlanPlacement());
