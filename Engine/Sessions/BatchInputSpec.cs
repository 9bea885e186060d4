namespace OrleansInference.Engine.Sessions;

/// <summary>An input of the graph that the server makes from the shapes of a batch's requests.</summary>
/// <param name="Name">Its name in the ONNX graph.</param>
/// <param name="Datatype">FP32 or INT32.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Source">Index of the input whose shapes it tells, in <see cref="ModelSignature.Inputs"/>.</param>
internal sealed record BatchInputSpec(string Name, TensorDatatype Datatype, BatchInput.Types.Kind Kind, int Source);
