namespace OrleansInference.Engine.Repository;

/// <summary>How the configurations of a repository's models are read.</summary>
/// <param name="Name">The <c>configs/NAME.pbtxt</c> that stands in for <c>config.pbtxt</c>; empty for none.</param>
/// <param name="IsStrict">Whether a configuration must say everything itself.</param>
internal sealed record ConfigRead(string Name, bool IsStrict)
{
    /// <summary><c>config.pbtxt</c>, completed from the model's file.</summary>
    public static ConfigRead Default { get; } = new("", IsStrict: false);
}
