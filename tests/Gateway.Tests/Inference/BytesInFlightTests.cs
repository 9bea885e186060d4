using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class BytesInFlightTests
{
    [Fact]
    public void Add_BeyondTheLimit_IsRefusedAndNotCounted()
    {
        BytesInFlight bytes = new(Options.Create(new GatewayOptions { MaxBytesInFlight = 2000 }));
        bytes.Add(1500);

        InferenceException exception = Assert.Throws<InferenceException>(() => bytes.Add(501));

        Assert.Equal(InferenceError.ResourceExhausted, exception.Error);
        Assert.Equal(1500, bytes.Current);
        bytes.Remove(1500);
        bytes.Add(2000);
        Assert.Equal(2000, bytes.Current);
    }
}
