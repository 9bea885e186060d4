using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class RequestParametersTests
{
    [Fact]
    public void Set_GoodValues_AreTaken()
    {
        RequestParameters parameters = default;

        parameters.SetInteger("priority", uint.MaxValue);
        parameters.SetInteger("timeout", 1500);
        parameters.SetNumber("slo_p99_ms", 2.5);
        parameters.SetBoolean("binary_data_output", true);
        parameters.SetText("sequence_id", "s");
        parameters.SetBoolean("sequence_start", true);
        parameters.SetText("mine", "too");
        parameters.SetInteger("mine", 5);

        Assert.Equal(
            ((ulong)uint.MaxValue, TimeSpan.FromMicroseconds(1500), 2.5, true),
            (parameters.Priority, parameters.Timeout, parameters.SloP99Ms, parameters.BinaryOutput)
        );
        Assert.Equal(("s", true, false), (parameters.SequenceId, parameters.SequenceStart, parameters.SequenceEnd));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(5, "5")]
    [InlineData(ulong.MaxValue, "18446744073709551615")]
    public void SetUnsigned_ASequenceId_IsKeptWhole(ulong value, string? expected)
    {
        RequestParameters parameters = default;

        parameters.SetUnsigned("sequence_id", value);

        Assert.Equal(expected, parameters.SequenceId);
    }

    [Fact]
    public void SetUnsigned_APriorityOf64Bits_IsKeptWhole()
    {
        RequestParameters parameters = default;

        parameters.SetUnsigned("priority", ulong.MaxValue);

        Assert.Equal(ulong.MaxValue, parameters.Priority);
    }

    [Fact]
    public void SetText_ASequenceIdThatIsTooLong_IsRefused()
    {
        RequestParameters parameters = default;
        parameters.SetText("sequence_id", new string('s', 256));

        InferenceException exception = Assert.Throws<InferenceException>(() =>
            parameters.SetText("sequence_id", new string('s', 257))
        );

        Assert.StartsWith(
            "parameter 'sequence_id' is a text of 257 characters; allowed: ",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("priority", -1)]
    [InlineData("timeout", -1)]
    [InlineData("slo_p99_ms", -1)]
    [InlineData("sequence_id", -1)]
    [InlineData("sequence_start", 1)]
    [InlineData("sequence_end", 0)]
    [InlineData("triton_enable_empty_final_response", 1)]
    [InlineData("binary_data_output", 1)]
    public void SetInteger_OutOfRange_NamesWhatIsAllowed(string name, long value)
    {
        RequestParameters parameters = default;

        InferenceException exception = Assert.Throws<InferenceException>(() => parameters.SetInteger(name, value));

        Assert.Equal(InferenceError.InvalidArgument, exception.Error);
        Assert.StartsWith($"parameter '{name}' is {value}; allowed: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SetInteger_AnEndlessTimeout_IsCapped()
    {
        RequestParameters parameters = default;

        parameters.SetInteger("timeout", long.MaxValue);

        Assert.Equal(TimeSpan.FromDays(24), parameters.Timeout);
    }

    [Theory]
    [InlineData(0, 5, 5)]
    [InlineData(3, 5, 3)]
    [InlineData(7, 5, 5)]
    public void LimitTimeout_TheNearerHolds(long timeout, long left, long expected)
    {
        RequestParameters parameters = default;
        parameters.SetInteger("timeout", timeout);

        parameters.LimitTimeout(TimeSpan.FromMicroseconds(left));

        Assert.Equal(TimeSpan.FromMicroseconds(expected), parameters.Timeout);
    }

    [Fact]
    public void LimitTimeout_APassedDeadline_IsNotNoDeadline()
    {
        RequestParameters parameters = default;

        parameters.LimitTimeout(TimeSpan.FromSeconds(-1));

        Assert.Equal(TimeSpan.FromTicks(1), parameters.Timeout);
    }
}
