namespace OrleansInference.Onnx.RowIndependence;

/// <summary>A node for which it cannot be shown that rows stay apart; the message says why.</summary>
internal sealed class RowsMeetException(string reason) : Exception(reason);
