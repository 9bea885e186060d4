namespace OrleansInference.Engine.Hosting;

/// <summary>Which errors end the server at its start (Triton's <c>--exit-on-error</c>).</summary>
public enum StartErrors
{
    /// <summary>A repository that cannot be read, or a model to be loaded by name that is not in one.</summary>
    Repository,

    /// <summary>Those, and any model that cannot be loaded.</summary>
    True,

    /// <summary>None: the server lives, is not ready, and says why.</summary>
    False,
}
