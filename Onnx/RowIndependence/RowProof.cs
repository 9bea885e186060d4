namespace OrleansInference.Onnx.RowIndependence;

/// <summary>Whether rows that run together provably give what each gives alone.</summary>
/// <param name="Reason">Why it could not be shown; empty where it was. Names the node.</param>
/// <param name="Rounds">Whether the graph rounds to few levels (quantisation), so that equal answers may differ by a
/// level.</param>
public sealed record RowProof(string Reason, bool Rounds)
{
    /// <summary>Whether it was shown.</summary>
    public bool IsProven => Reason.Length == 0;
}
