using System.Text.Json;

namespace OrleansInference.Protocol.Json;

/// <summary>
/// Follows the arrays of a tensor's JSON <c>data</c>: one flat list, or arrays nested exactly as the shape says. A
/// shape of no dimensions may also be a bare value.
/// </summary>
internal ref struct TensorJsonNesting
{
    private readonly ReadOnlySpan<long> _shape;
    private readonly Span<long> _counts;
    private int _depth;
    private bool _nested;
    private bool _filled;

    /// <summary>Begins before the first token.</summary>
    /// <param name="shape">The tensor's.</param>
    /// <param name="counts">Working memory, one number a dimension.</param>
    public TensorJsonNesting(ReadOnlySpan<long> shape, Span<long> counts)
    {
        _shape = shape;
        _counts = counts;
    }

    /// <summary>Takes the next token; false where it contradicts the shape.</summary>
    public bool Accepts(JsonTokenType token) =>
        token switch
        {
            JsonTokenType.StartArray => Enter(),
            JsonTokenType.EndArray => Leave(),
            _ => Element(),
        };

    /// <summary>How data nests: a shape, or where it is ragged.</summary>
    /// <param name="data">JSON that a reader has accepted so far as needed.</param>
    /// <param name="options">The reader's.</param>
    public static string Describe(ReadOnlySpan<byte> data, JsonReaderOptions options)
    {
        List<long> sizes = [];
        List<long> counts = [];
        int leaves = -1;
        Utf8JsonReader json = new(data, options);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.EndArray)
            {
                int level = counts.Count - 1;
                if (sizes[level] < 0)
                {
                    sizes[level] = counts[level];
                }
                if (sizes[level] != counts[level])
                {
                    return $"ragged arrays ({sizes[level]} and {counts[level]} elements side by side)";
                }
                counts.RemoveAt(level);
                continue;
            }

            if (counts.Count > 0)
            {
                counts[^1]++;
            }
            if (json.TokenType == JsonTokenType.StartArray)
            {
                counts.Add(0);
                if (sizes.Count < counts.Count)
                {
                    sizes.Add(-1);
                }
                if (leaves < 0 || counts.Count <= leaves)
                {
                    continue;
                }
                return "ragged arrays (elements and arrays side by side)";
            }

            if (leaves < 0)
            {
                leaves = counts.Count;
            }
            if (leaves != counts.Count)
            {
                return "ragged arrays (elements and arrays side by side)";
            }
            json.Skip();
        }

        return TensorShape.Format(sizes.ToArray());
    }

    private bool Enter()
    {
        if (_depth == 0)
        {
            _depth = 1;
            if (_counts.Length > 0)
            {
                _counts[0] = 0;
            }
            return true;
        }

        // A second level makes it nested, which a list that has begun flat cannot become.
        if (_depth == 1 && !_nested && _filled)
        {
            return false;
        }
        _nested = true;
        if (_depth >= _shape.Length)
        {
            return false;
        }
        _counts[_depth - 1]++;
        _counts[_depth] = 0;
        _depth++;
        return true;
    }

    private bool Leave()
    {
        _depth--;
        return !_nested || _counts[_depth] == _shape[_depth];
    }

    private bool Element()
    {
        _filled = true;
        if (!_nested)
        {
            return _depth > 0 || _shape.Length == 0;
        }
        if (_depth != _shape.Length)
        {
            return false;
        }
        _counts[_depth - 1]++;
        return true;
    }
}
