namespace OrleansInference.Gateway.Inference;

/// <summary>What the bytes of an inference request's body are.</summary>
internal readonly record struct BodyForm
{
    private readonly bool _isBinaryBehind;

    private BodyForm(int headerLength)
    {
        _isBinaryBehind = true;
        HeaderLength = headerLength;
    }

    /// <summary>All of them are JSON: the protocol's form without a header for the length.</summary>
    public static BodyForm Json => default;

    /// <summary>All of them are the contents of one tensor, without any JSON.</summary>
    public static BodyForm RawBinary => new(0);

    /// <summary>Whether all bytes are JSON.</summary>
    public bool IsJson => !_isBinaryBehind;

    /// <summary>Whether all bytes are one tensor's.</summary>
    public bool IsRawBinary => _isBinaryBehind && HeaderLength == 0;

    /// <summary>
    /// Bytes of JSON in front of binary tensors; 0 for <see cref="RawBinary"/>, and for <see cref="Json"/>, where
    /// only the body's end says how many there are.
    /// </summary>
    public int HeaderLength { get; }

    /// <summary>JSON with binary tensors behind it, which may be none.</summary>
    /// <param name="headerLength">Bytes of JSON, ≥ 0; with none of them the body is <see cref="RawBinary"/>.</param>
    public static BodyForm JsonThenBinary(int headerLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(headerLength);
        return new BodyForm(headerLength);
    }
}
