using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Tests;

/// <summary>An engine over a repository of its own in a temporary folder.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("models").FullName;

    public TestEngine(Action<EngineOptions>? configure = null)
    {
        EngineOptions options = new() { Models = _folder, Threads = 2 };
        configure?.Invoke(options);
        Engine = new InferenceEngine(
            Options.Create(options),
            TimeProvider.System,
            NullLogger<InferenceEngine>.Instance
        );
    }

    public InferenceEngine Engine { get; }

    public string Folder => _folder;

    public static async Task<TestEngine> StartAsync(params (string Name, byte[] Model, string? Config)[] models)
    {
        TestEngine test = new();
        foreach ((string name, byte[] model, string? config) in models)
        {
            test.Write(name, model, config);
        }
        await test.Engine.StartAsync(TestContext.Current.CancellationToken);
        return test;
    }

    public void Write(string name, byte[] model, string? config = null, int version = 1)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name, $"{version}")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model);
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(_folder, name, "config.pbtxt"), config);
        }
    }

    public ModelReplica Replica(string name, string version = "") =>
        (ModelReplica?)Engine.Find(name, version, out _, out string message)
        ?? throw new InvalidOperationException(message + "; " + string.Join("; ", Engine.Index));

    public static Tensor Floats(string name, float[] values, params long[] shape) =>
        new(name, TensorDatatype.Fp32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static InferenceCall Request(string model, params Tensor[] inputs) =>
        new() { ModelName = model, Inputs = inputs };

    public static float[] Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();

    public async Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken? token = null) =>
        await Engine.InferAsync(request, token ?? TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
