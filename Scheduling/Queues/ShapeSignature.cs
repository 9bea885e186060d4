namespace OrleansInference.Scheduling.Queues;

/// <summary>
/// What must agree for two requests to share a run: which inputs are given and every dimension but the first.
/// </summary>
public sealed class ShapeSignature : IEquatable<ShapeSignature>
{
    private readonly long[] _dimensions;
    private readonly int _hash;

    /// <summary>
    /// Takes the dimensions of all inputs one after the other, each input's behind its rank (−1 when it is absent).
    /// </summary>
    public ShapeSignature(long[] dimensions)
    {
        _dimensions = dimensions;
        HashCode hash = default;
        foreach (long dimension in dimensions)
        {
            hash.Add(dimension);
        }
        _hash = hash.ToHashCode();
    }

    /// <summary>The signature of every request to a model whose dimensions are all fixed.</summary>
    public static ShapeSignature Fixed { get; } = new([]);

    /// <summary>Whether it equals no other.</summary>
    internal bool IsUnique { get; private init; }

    /// <summary>A signature that equals no other: its request runs alone.</summary>
    public static ShapeSignature Unique() => new([]) { IsUnique = true };

    /// <inheritdoc />
    public bool Equals(ShapeSignature? other) =>
        ReferenceEquals(this, other)
        || (
            other is not null
            && !IsUnique
            && !other.IsUnique
            && _hash == other._hash
            && _dimensions.AsSpan().SequenceEqual(other._dimensions)
        );

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as ShapeSignature);

    /// <inheritdoc />
    public override int GetHashCode() => _hash;
}
