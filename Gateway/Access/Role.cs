namespace OrleansInference.Gateway.Access;

/// <summary>What a caller may do; each role includes those before it.</summary>
public enum Role
{
    /// <summary>Ask models, and what is known of them.</summary>
    Infer = 1,

    /// <summary>See the cluster, its requests and its agent; run jobs.</summary>
    Operate = 2,

    /// <summary>Load and unload models, change the cluster and the agent.</summary>
    Admin = 3,
}
