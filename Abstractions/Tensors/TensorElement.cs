namespace OrleansInference;

/// <summary>Which .NET type the elements of a datatype are.</summary>
internal static class TensorElement
{
    private static readonly (TensorDatatype Datatype, Type Type)[] Types =
    [
        (TensorDatatype.Bool, typeof(bool)),
        (TensorDatatype.UInt8, typeof(byte)),
        (TensorDatatype.UInt16, typeof(ushort)),
        (TensorDatatype.UInt32, typeof(uint)),
        (TensorDatatype.UInt64, typeof(ulong)),
        (TensorDatatype.Int8, typeof(sbyte)),
        (TensorDatatype.Int16, typeof(short)),
        (TensorDatatype.Int32, typeof(int)),
        (TensorDatatype.Int64, typeof(long)),
        (TensorDatatype.Fp16, typeof(Half)),
        (TensorDatatype.Fp32, typeof(float)),
        (TensorDatatype.Fp64, typeof(double)),
    ];

    /// <summary>The type; null of BYTES and BF16, whose elements have none.</summary>
    public static Type? TypeOf(TensorDatatype datatype) => Array.Find(Types, pair => pair.Datatype == datatype).Type;

    /// <summary>The datatype; <see cref="TensorDatatype.None"/> where there is none.</summary>
    public static TensorDatatype DatatypeOf(Type type) => Array.Find(Types, pair => pair.Type == type).Datatype;

    /// <summary>The types, for messages.</summary>
    public static string Names { get; } = string.Join(", ", Types.Select(pair => pair.Type.Name));
}

/// <summary>The datatype with elements of <typeparamref name="T"/>.</summary>
internal static class TensorElement<T>
    where T : unmanaged
{
    private static readonly TensorDatatype Known = TensorElement.DatatypeOf(typeof(T));

    /// <summary>The datatype.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static TensorDatatype Datatype =>
        Known != TensorDatatype.None
            ? Known
            : throw new NotSupportedException(
                $"A tensor has no elements of {typeof(T).Name}; there are {TensorElement.Names}, and texts."
            );
}
