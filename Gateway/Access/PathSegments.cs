namespace OrleansInference.Gateway.Access;

/// <summary>The segments of a path without the empty ones. Every request is looked at: no string is made of them.</summary>
internal readonly ref struct PathSegments
{
    /// <summary>Segments that are told apart: more than any path has whose role is looked up.</summary>
    public const int Most = 8;

    private readonly ReadOnlySpan<char> _path;
    private readonly ReadOnlySpan<Range> _ranges;

    /// <summary>Splits a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="ranges">Room for <see cref="Most"/>; the last one takes all that is left.</param>
    public PathSegments(ReadOnlySpan<char> path, Span<Range> ranges)
    {
        _path = path;
        _ranges = ranges[..path.Split(ranges, '/', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>How many there are.</summary>
    public int Length => _ranges.Length;

    /// <summary>One of them.</summary>
    public ReadOnlySpan<char> this[int index] => _path[_ranges[index]];
}
