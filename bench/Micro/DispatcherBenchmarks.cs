using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Load.Compare;
using OrleansInference.Load.Orleans;

namespace OrleansInference.Micro;

/// <summary>
/// The two ways that the gateway of a silo could take to the engine of the same process: the dispatcher, or the grain in
/// front of it. The model does next to nothing. Times are per call.
/// </summary>
public class DispatcherBenchmarks
{
    private const int Calls = 256;

    private string _models = "";
    private byte[] _data = [];
    private IHost _silo = null!;
    private IRequestDispatcher _dispatcher = null!;
    private IGrainFactory _grains = null!;
    private CancellationToken _aborted;

    /// <summary>Bytes of the tensor.</summary>
    [Params(3_136, 602_112)]
    public int Bytes { get; set; }

    /// <summary>Callers at once, each with its next call after the answer.</summary>
    [Params(1, 32)]
    public int InFlight { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _data = new byte[Bytes];
        _models = Directory.CreateTempSubdirectory("micro").FullName;
        string version = Directory.CreateDirectory(Path.Combine(_models, "probe", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), ProbeModel.Create(Bytes / sizeof(float)));
        await File.WriteAllTextAsync(Path.Combine(_models, "probe", "config.pbtxt"), "max_batch_size: 1\n");

        int[] ports = FreePorts.Take(2);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Engine:Models"] = _models });
        builder.Services.AddInferenceEngine(builder.Configuration.GetSection("Engine"));
        builder.UseOrleans(silo =>
            silo.UseLocalhostClustering(ports[0], ports[1]).AddMemoryGrainStorageAsDefault().AddInferenceGrains()
        );
        _silo = builder.Build();
        await _silo.StartAsync();
        _dispatcher = _silo.Services.GetRequiredService<IRequestDispatcher>();
        _grains = _silo.Services.GetRequiredService<IGrainFactory>();

        // A token that can be cancelled, as a connection's is: both ways then register with it.
        _aborted = _silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _silo.StopAsync();
        _silo.Dispose();
        Directory.Delete(_models, recursive: true);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Calls)]
    public Task Dispatcher() => Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(CallDispatcherAsync)));

    [Benchmark(OperationsPerInvoke = Calls)]
    public Task Grain() => Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(CallGrainAsync)));

    private async Task CallDispatcherAsync()
    {
        for (int i = 0; i < Calls / InFlight; i++)
        {
            using InferenceAnswer response = await _dispatcher.InferAsync(Request(), _aborted);
            response.EnsureSuccess();
        }
    }

    private async Task CallGrainAsync()
    {
        for (int i = 0; i < Calls / InFlight; i++)
        {
            using InferenceAnswer response = await _grains.GetGrain<IInferenceGrain>(0).InferAsync(Request(), _aborted);
            response.EnsureSuccess();
        }
    }

    /// <summary>As the gateway makes it from a body: a new request over memory that is not copied.</summary>
    private InferenceCall Request() =>
        new()
        {
            ModelName = "probe",
            Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, Bytes / sizeof(float)], _data)],
        };
}
