namespace OrleansInference.Engine.Sequences;

/// <summary>Triton's control kinds.</summary>
public enum SequenceControlKind
{
    /// <summary>True with the first request of a sequence.</summary>
    Start,

    /// <summary>True with every real request.</summary>
    Ready,

    /// <summary>True with the last request.</summary>
    End,

    /// <summary>The sequence's id.</summary>
    CorrelationId,
}
