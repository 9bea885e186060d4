using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Grains.Interfaces.Tests.Wire;

/// <summary>
/// Bytes that no node sends, where a message is expected: each is read or refused, none ends the process, and no length
/// is believed. 10 s; with ORLEANS_INFERENCE_FULL ten times as long.
/// </summary>
public sealed class FuzzTests
{
    private const long MostBytes = 16 << 20;

    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly Serializer Serializer = Services.GetRequiredService<Serializer>();

    [Fact]
    public void Deserialize_AnyBytes_IsReadOrRefusedWithoutMuchMemory()
    {
        byte[][] valid =
        [
            .. WireContract.Messages.Values.Select(type =>
                Serializer.SerializeToArray<object>(SampleMessage.Fill(type, seed: 1))
            ),
        ];
        Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Double[0, 1], Gen.Int[0, 12], Gen.Byte.Array[0, 12])
            .Sample(
                (which, where, cut, put) =>
                {
                    byte[] message = valid[which];
                    byte[] broken = Fuzzing.Changed(message, (int)(where * (message.Length - 1)), cut, put);
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    try
                    {
                        (Serializer.Deserialize<object>(broken) as IDisposable)?.Dispose();
                    }
                    catch (Exception exception) when (exception is not OutOfMemoryException)
                    {
                        // Any refusal will do: the connection's end is what follows.
                    }

                    Assert.True(
                        GC.GetAllocatedBytesForCurrentThread() - before < MostBytes,
                        $"{GC.GetAllocatedBytesForCurrentThread() - before} bytes for {Convert.ToBase64String(broken)}"
                    );
                },
                time: Fuzzing.Seconds,
                threads: 2
            );
    }
}
