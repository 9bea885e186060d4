namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What becomes of a configuration's field that is set.</summary>
internal enum FieldEffect
{
    /// <summary>It does what Triton's schema says of it, or is checked.</summary>
    Done,

    /// <summary>The model is not loaded: served without it, answers or promises would be others.</summary>
    Refused,

    /// <summary>The model is served without it, and its log and its line in the index say so.</summary>
    Warned,
}
