using Orleans.Runtime;

namespace OrleansInference.Grains.Placement;

/// <summary>
/// Places a grain whose key begins with a model's name on a node that serves the model: the calling one if it can.
/// </summary>
[Serializable]
[GenerateSerializer]
[Immutable]
[SuppressReferenceTracking]
[Alias("OrleansInference.ServedModelPlacement")]
internal sealed class ServedModelPlacement : PlacementStrategy;
