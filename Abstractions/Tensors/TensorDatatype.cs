namespace OrleansInference;

/// <summary>Element types of the Open Inference Protocol (KServe v2).</summary>
public enum TensorDatatype : byte
{
    /// <summary>No datatype given.</summary>
    None = 0,

    /// <summary>One byte an element, 0 or 1.</summary>
    Bool = 1,
    UInt8 = 2,
    UInt16 = 3,
    UInt32 = 4,
    UInt64 = 5,
    Int8 = 6,
    Int16 = 7,
    Int32 = 8,
    Int64 = 9,

    /// <summary>IEEE 754 binary16; raw contents only.</summary>
    Fp16 = 10,
    Fp32 = 11,
    Fp64 = 12,

    /// <summary>Each element is a little-endian uint32 length followed by that many bytes.</summary>
    Bytes = 13,

    /// <summary>bfloat16; raw contents only.</summary>
    Bf16 = 14,
}
