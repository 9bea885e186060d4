using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Micro;

/// <summary>
/// One run of a batch of requests of one row each. <c>identity</c> does nothing, so that gathering, binding and calling
/// are left; <c>mlp</c> reads 2 MB of weights a run, which a batch shares.
/// </summary>
public class BatchAssemblyBenchmarks : IDisposable
{
    private const int Width = 512;

    private readonly BatchRun _run = new();
    private readonly RunOptions _options = new();
    private readonly EngineClock _clock = new(TimeProvider.System);
    private string _folder = "";
    private ModelSession _session = null!;
    private ModelSignature _signature = null!;
    private List<BatchEntry<QueuedInference>> _entries = [];

    [Params("identity", "mlp")]
    public string Model { get; set; } = "";

    [Params(1, 32)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("micro").FullName;
        SessionSettings settings = new() { Path = Path.Combine(_folder, "model.onnx") };
        File.WriteAllBytes(
            settings.Path,
            Model == "mlp"
                ? FixtureModels.Mlp(Width, 1024, 4)
                : FixtureModels.Identity(TensorProto.Types.DataType.Float, Width)
        );
        InferenceSession session = settings.CreateSession();
        _signature = SignatureReader.Read(Model, session, new ModelConfig(), 32, new HashSet<string>());
        _session = new ModelSession(session, settings, _signature);
        _entries =
        [
            .. Enumerable
                .Range(0, Rows)
                .Select(row => new BatchEntry<QueuedInference>(
                    SyntheticInputs.Create(_signature, 1, Width, seed: row),
                    0,
                    1
                )),
        ];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _session.Release();
        _options.Dispose();
        _run.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Execute()
    {
        foreach (
            OutputBlock block in _run.Execute(
                _session,
                _signature,
                _entries,
                _entries.Sum(entry => entry.Rows),
                _options,
                _clock
            )
        )
        {
            block.Buffer.Dispose();
        }
    }
}
