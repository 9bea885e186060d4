using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Mapping;

/// <summary>The protocol's request parameters, the same over HTTP and gRPC.</summary>
internal struct RequestParameters
{
    /// <summary>1 is the most urgent, 0 the model's default.</summary>
    public uint Priority { get; private set; }

    /// <summary>Time until the deadline; zero for none.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>The caller's latency objective in milliseconds; 0 for the model's.</summary>
    public double SloP99Ms { get; private set; }

    /// <summary>Whether outputs that do not say otherwise come back in binary.</summary>
    public bool BinaryOutput { get; private set; }

    /// <summary>Takes an integer parameter; unknown names are ignored.</summary>
    /// <exception cref="InferenceException">It is out of range or not supported.</exception>
    public void SetInteger(string name, long value)
    {
        switch (name)
        {
            case "priority":
                Priority = value is >= 0 and <= uint.MaxValue ? (uint)value : throw Invalid(name, value, "0 (default) or 1 (most urgent) and more");
                break;
            case "timeout":
                if (value < 0) throw Invalid(name, value, "microseconds, 0 or more");
                Timeout = value == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(Math.Min(value, (long)TimeSpan.FromDays(365).TotalMicroseconds));
                break;
            case "slo_p99_ms":
                SetNumber(name, value);
                break;
            case "sequence_id" when value != 0:
                throw new InferenceException(InferenceError.Unsupported, "sequences (sequence_id) are not served here; send requests without it");
        }
    }

    /// <summary>Takes a fractional parameter.</summary>
    /// <exception cref="InferenceException">It is out of range.</exception>
    public void SetNumber(string name, double value)
    {
        if (name != "slo_p99_ms")
        {
            if (name is "priority" or "timeout") throw Invalid(name, value, "a whole number");
            return;
        }

        SloP99Ms = value is > 0 and < 1e9 ? value : throw Invalid(name, value, "milliseconds above 0");
    }

    /// <summary>Takes a boolean parameter.</summary>
    public void SetBoolean(string name, bool value)
    {
        if (name == "binary_data_output") BinaryOutput = value;
    }

    /// <summary>Takes a text parameter.</summary>
    /// <exception cref="InferenceException">It is not supported.</exception>
    public static void SetText(string name, string value)
    {
        if (name == "sequence_id" && value.Length > 0) throw new InferenceException(InferenceError.Unsupported, "sequences (sequence_id) are not served here; send requests without it");
        if (name is "priority" or "timeout" or "slo_p99_ms") throw Invalid(name, value, "a number");
    }

    private static InferenceException Invalid(string name, object value, string allowed) =>
        new(InferenceError.InvalidArgument, $"parameter '{name}' is {value}; allowed: {allowed}");
}
