using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Tests.Tensors;

public sealed class TensorCodecTests
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly Serializer Serializer = Services.GetRequiredService<Serializer>();

    [Fact]
    public void RoundTrip_AnyTensor_IsTheSame() =>
        Gen.Select(Gen.String, Gen.Int[1, 14], Gen.Long.Array[0, 6], Gen.Byte.Array[0, 5000])
            .Sample(
                (name, datatype, shape, data) =>
                {
                    using Tensor tensor = new(name, (TensorDatatype)datatype, shape, data);
                    using Tensor copy = Serializer.Deserialize<Tensor>(Serializer.SerializeToArray(tensor))!;
                    return copy.Name == name
                        && copy.Datatype == tensor.Datatype
                        && copy.Shape.SequenceEqual(shape)
                        && copy.Data.Span.SequenceEqual(data);
                }
            );

    [Fact]
    public void RoundTrip_ARequestThatSharesATensor_KeepsItsFields()
    {
        Tensor tensor = new("x", TensorDatatype.Int8, [3], new byte[] { 1, 2, 3 });
        InferenceCall request = new()
        {
            ModelName = "m",
            ModelVersion = "2",
            Id = "i",
            Inputs = [tensor, tensor],
            RequestedOutputs = ["y"],
            Priority = 3,
            Timeout = TimeSpan.FromMilliseconds(5),
            SloP99Ms = 7,
        };

        InferenceCall copy = Serializer.Deserialize<InferenceCall>(Serializer.SerializeToArray(request))!;

        Assert.Equal(
            ("m", "2", "i", 3u, TimeSpan.FromMilliseconds(5), 7.0),
            (copy.ModelName, copy.ModelVersion, copy.Id, copy.Priority, copy.Timeout, copy.SloP99Ms)
        );
        Assert.Equal(["y"], copy.RequestedOutputs);
        Assert.All(copy.Inputs, input => Assert.Equal([1, 2, 3], input.Data.ToArray()));
    }

    [Fact]
    public void Serialize_ReleaseWhenSerialized_GivesThePooledMemoryBack()
    {
        TensorBuffer buffer = TensorBuffer.Rent(8);
        Tensor tensor = new("x", TensorDatatype.UInt8, [8], buffer.Memory, buffer) { ReleaseWhenSerialized = true };

        Serializer.SerializeToArray(tensor);

        Assert.Throws<ObjectDisposedException>(() => tensor.Data);
        Assert.Throws<ObjectDisposedException>(() => buffer.AddReference());
    }

    [Fact]
    public void Deserialize_ABrokenMessage_FailsBeforeItRentsWhatItClaims()
    {
        byte[] message = Serializer.SerializeToArray(new Tensor("x", TensorDatatype.UInt8, [64], new byte[64]));
        Random random = new(3);
        for (int i = 0; i < 2000; i++)
        {
            byte[] broken = [.. message];
            broken[random.Next(broken.Length)] = (byte)random.Next(256);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Serializer.Deserialize<Tensor>(broken)?.Dispose();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Any refusal will do; what counts is that no length is believed.
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4_000_000);
        }
    }

    [Fact]
    public void RoundTrip_AnException_KeepsItsError()
    {
        InferenceException copy = Serializer.Deserialize<InferenceException>(
            Serializer.SerializeToArray(new InferenceException(InferenceError.NotFound, "no such model"))
        )!;

        Assert.Equal((InferenceError.NotFound, "no such model"), (copy.Error, copy.Message));
    }
}
