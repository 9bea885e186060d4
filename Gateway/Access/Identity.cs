namespace OrleansInference.Gateway.Access;

/// <summary>Who sent a request, and how that is known.</summary>
/// <param name="Caller">The caller; null where nobody is known by what the request carries.</param>
/// <param name="Name">The caller's name in logs; null where it is to be made of the key.</param>
internal readonly record struct Identity(Caller? Caller, string? Name)
{
    /// <summary>The key or token; null where it came with none.</summary>
    private string? Key { get; init; }

    /// <summary>Whether a log-in's cookie says so.</summary>
    public bool IsByCookie { get; init; }

    /// <summary>The caller's name in logs. Made only where something is logged, because the key is hashed for it.</summary>
    public string Who => Name ?? AccessControl.NameOf(Key!);

    /// <summary>The caller that a key or token belongs to; null for none.</summary>
    public static Identity OfKey(Caller? caller, string key) => new(caller, null) { Key = key };
}
