using System.Buffers;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Micro;

/// <summary>What a request costs on the wire between an Orleans client and a silo, both ends together.</summary>
public class TensorCodecBenchmarks
{
    private readonly ArrayBufferWriter<byte> _wire = new(1 << 20);
    private ServiceProvider _services = null!;
    private Serializer<InferenceCall> _serializer = null!;
    private InferenceCall _request = null!;

    /// <summary>Bytes of the tensor: 28 × 28 and 3 × 224 × 224 numbers.</summary>
    [Params(3_136, 602_112)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        _serializer = _services.GetRequiredService<Serializer<InferenceCall>>();
        _request = Request(Bytes);
    }

    [GlobalCleanup]
    public void Cleanup() => _services.Dispose();

    [Benchmark]
    public int RoundTrip()
    {
        _wire.ResetWrittenCount();
        _serializer.Serialize(_request, _wire);
        using InferenceCall copy = _serializer.Deserialize(_wire.WrittenMemory)!;
        return copy.Inputs[0].ByteLength;
    }

    private static InferenceCall Request(int bytes) =>
        new()
        {
            ModelName = "model",
            Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, bytes / sizeof(float)], new byte[bytes])],
        };
}
