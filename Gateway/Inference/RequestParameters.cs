using System.Globalization;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>The protocol's request parameters, the same over HTTP and gRPC.</summary>
internal struct RequestParameters
{
    /// <summary>Most characters of a sequence's id, which is part of its grain's key.</summary>
    private const int MaxSequenceId = 256;

    private static readonly string[] Known =
    [
        "binary_data_output",
        "timeout",
        "priority",
        "slo_p99_ms",
        "sequence_id",
        "sequence_start",
        "sequence_end",
        "triton_enable_empty_final_response",
    ];

    /// <summary>The names that mean something here; others are ignored.</summary>
    public static ReadOnlySpan<string> Names => Known;

    /// <summary>1 is the most urgent, 0 the model's default.</summary>
    public ulong Priority { get; private set; }

    /// <summary>Time until the deadline; zero for none.</summary>
    public TimeSpan Timeout { get; private set; }

    /// <summary>Whether the deadline is the call's own, nearer than one that the request's parameters give.</summary>
    public bool IsTimeoutOfCall { get; private set; }

    /// <summary>The caller's latency objective in milliseconds; 0 for the model's.</summary>
    public double SloP99Ms { get; private set; }

    /// <summary>Whether outputs that do not say otherwise come back in binary.</summary>
    public bool BinaryOutput { get; private set; }

    /// <summary>The sequence; null or empty for none.</summary>
    public string? SequenceId { get; private set; }

    /// <summary>Whether the request begins its sequence.</summary>
    public bool SequenceStart { get; private set; }

    /// <summary>Whether the request ends its sequence.</summary>
    public bool SequenceEnd { get; private set; }

    /// <summary>Whether a stream's answer says that it is the last one to its request.</summary>
    public bool FinalResponse { get; private set; }

    /// <summary>Sets an integer parameter.</summary>
    /// <exception cref="InferenceException">It is out of range or not supported.</exception>
    public void SetInteger(string name, long value)
    {
        switch (name)
        {
            case "priority":
                Priority = value >= 0 ? (ulong)value : throw Invalid(name, value);
                break;
            case "timeout":
                // Weeks are as good as none, and within what timers can wait for.
                Timeout =
                    value >= 0
                        ? TimeSpan.FromMicroseconds(Math.Min(value, (long)TimeSpan.FromDays(24).TotalMicroseconds))
                        : throw Invalid(name, value);
                break;
            case "sequence_id":
                SequenceId =
                    value > 0 ? value.ToString(CultureInfo.InvariantCulture)
                    : value == 0 ? null
                    : throw Invalid(name, value);
                break;
            default:
                SetNumber(name, value);
                break;
        }
    }

    /// <summary>Sets an integer parameter of 64 bits without a sign.</summary>
    /// <exception cref="InferenceException">It is out of range or not supported.</exception>
    public void SetUnsigned(string name, ulong value)
    {
        if (name == "sequence_id")
        {
            SequenceId = value == 0 ? null : value.ToString(CultureInfo.InvariantCulture);
        }
        else if (name == "priority")
        {
            Priority = value;
        }
        else
        {
            SetInteger(name, (long)Math.Min(value, long.MaxValue));
        }
    }

    /// <summary>Sets a fractional parameter, or an integer beyond 64 bits.</summary>
    /// <exception cref="InferenceException">It is out of range or not supported.</exception>
    public void SetNumber(string name, double value)
    {
        switch (name)
        {
            case "slo_p99_ms":
                SloP99Ms = value is >= 0 and < 1e9 ? value : throw Invalid(name, value);
                break;
            case "priority"
            or "timeout"
            or "sequence_id"
            or "binary_data_output"
            or "sequence_start"
            or "sequence_end"
            or "triton_enable_empty_final_response":
                throw Invalid(name, value);
        }
    }

    /// <summary>Sets a boolean parameter.</summary>
    /// <exception cref="InferenceException">It is no boolean.</exception>
    public void SetBoolean(string name, bool value)
    {
        switch (name)
        {
            case "binary_data_output":
                BinaryOutput = value;
                break;
            case "sequence_start":
                SequenceStart = value;
                break;
            case "sequence_end":
                SequenceEnd = value;
                break;
            case "triton_enable_empty_final_response":
                FinalResponse = value;
                break;
            default:
                if (Known.Contains(name))
                {
                    throw Invalid(name, value);
                }
                break;
        }
    }

    /// <summary>Sets a text parameter.</summary>
    /// <exception cref="InferenceException">It is no text, or not supported.</exception>
    public void SetText(string name, string value)
    {
        if (name == "sequence_id")
        {
            SequenceId =
                value.Length <= MaxSequenceId ? value : throw Invalid(name, $"a text of {value.Length} characters");
        }
        else if (Known.Contains(name))
        {
            throw Invalid(name, $"'{value}'");
        }
    }

    /// <summary>Shortens the deadline to <paramref name="left"/> from now, unless it is nearer already.</summary>
    public void LimitTimeout(TimeSpan left)
    {
        // Zero would mean no deadline at all.
        if (left <= TimeSpan.Zero)
        {
            left = TimeSpan.FromTicks(1);
        }
        if (Timeout == TimeSpan.Zero || left < Timeout)
        {
            Timeout = left;
            IsTimeoutOfCall = true;
        }
    }

    private static InferenceException Invalid(string name, object value) =>
        new(
            InferenceError.InvalidArgument,
            $"parameter '{name}' is {value}; allowed: {name switch
    {
        "priority" => $"a whole number, 0 (the model's default) or from 1 (most urgent) to {ulong.MaxValue}",
        "timeout" => "a whole number of microseconds, 0 (none) or more",
        "slo_p99_ms" => "milliseconds, 0 (the model's own) or more",
        "sequence_id" => $"a whole number from 0 (none) to {ulong.MaxValue}, or a text of at most {MaxSequenceId} " + $"characters",
        "binary_data_output" or "sequence_start" or "sequence_end" or "triton_enable_empty_final_response" => "true or false",
        _ => "a number",
    }}"
        );
}
