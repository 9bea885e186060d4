using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

/// <summary>A replica that batches unasked although nothing was proven: what the last guard is there for.</summary>
internal sealed class UnprovenReplica : IAsyncDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly EngineScheduler _scheduler = new(2);

    public UnprovenReplica(byte[] model)
    {
        File.WriteAllBytes(_file, model);
        SessionSettings settings = new() { Path = _file };
        InferenceSession onnx = settings.CreateSession();
        ModelSignature signature = SignatureReader.Read("m", onnx, new ModelConfig(), 64, new HashSet<string>());
        BatchingChoice batching = new(signature, IsConfigured: false, Rounds: false, Notice: "");
        BatchLimits limits = new()
        {
            MaxRows = 64,
            FillToMax = true,
            MaxDelay = TimeSpan.FromMilliseconds(2),
            Concurrency = 1,
        };
        EngineClock clock = new(TimeProvider.System);
        Replica = new ModelReplica(
            "m",
            "1",
            batching,
            new ModelSession(onnx, settings, signature),
            new ReplicaQueueing(limits, new QueuePolicy(), new BatchCostEstimator()),
            _scheduler,
            clock,
            new RequestLog(TimeProvider.System)
        );
    }

    public ModelReplica Replica { get; }

    public async Task<float[]> AskAsync(float[] values)
    {
        using InferenceAnswer response = await Replica.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", values, values.Length / 4, 4)),
            TestContext.Current.CancellationToken
        );
        return TestEngine.Floats(response.EnsureSuccess().Outputs[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await Replica.DrainAsync();
        _scheduler.Dispose();
        File.Delete(_file);
    }
}
