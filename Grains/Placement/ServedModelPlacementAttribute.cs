using Orleans.Placement;

namespace OrleansInference.Grains.Placement;

/// <summary>Marks a grain class that lives with its model.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ServedModelPlacementAttribute() : PlacementAttribute(new ServedModelPlacement());
