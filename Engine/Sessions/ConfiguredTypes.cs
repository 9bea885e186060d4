namespace OrleansInference.Engine.Sessions;

/// <summary>The configuration's data types and the protocol's datatypes, one to one.</summary>
internal static class ConfiguredTypes
{
    /// <summary>The datatype; <see cref="TensorDatatype.None"/> where none is configured.</summary>
    public static TensorDatatype ToDatatype(DataType type) =>
        type switch
        {
            DataType.TypeInvalid => TensorDatatype.None,
            DataType.TypeString => TensorDatatype.Bytes,
            _ => Enum.Parse<TensorDatatype>(type.ToString()["Type".Length..], ignoreCase: true),
        };

    /// <summary>A datatype as configurations spell it, such as <c>TYPE_FP32</c>.</summary>
    public static string Name(TensorDatatype datatype) =>
        $"TYPE_{ToConfigured(datatype).ToString()["Type".Length..].ToUpperInvariant()}";

    /// <summary>The configured type.</summary>
    public static DataType ToConfigured(TensorDatatype datatype) =>
        datatype == TensorDatatype.Bytes
            ? DataType.TypeString
            : Enum.Parse<DataType>("Type" + datatype, ignoreCase: true);
}
