using Microsoft.Extensions.Time.Testing;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Tests.Replicas;

/// <summary>A replica's parts over a small model, with turns that a test takes by hand and a clock of its own.</summary>
internal sealed class ReplicaParts : IEngineScheduler, IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly EngineThread _thread = new();
    private readonly EngineClock _clock;

    public ReplicaParts(
        BatchLimits? limits = null,
        QueuePolicy? policy = null,
        BatchCostEstimator? cost = null,
        IEmulatedDevice? device = null,
        FakeTimeProvider? time = null
    )
    {
        Time = time ?? new FakeTimeProvider();
        File.WriteAllBytes(_file, FixtureModels.Mlp(4, 8, 2));
        SessionSettings settings = new()
        {
            Path = _file,
            Emulated = device is null ? null : new ModelProfile([new(1, 1)], 0, 0),
        };
        InferenceSession onnx = settings.CreateSession();
        ModelSignature signature = SignatureReader.Read("m", onnx, new ModelConfig(), 64, new HashSet<string>());
        _clock = new EngineClock(Time);
        Spec = new ReplicaSpec("m", "1", signature, policy ?? new QueuePolicy());
        ReplicaSchedule<QueuedInference> schedule = new(limits ?? new BatchLimits { MaxRows = 8 }, cost ?? new());
        ModelSession session = new(onnx, settings, signature) { Device = device };
        AnswerOrder? order = Spec.Policy.PreservesOrder ? new AnswerOrder() : null;
        State = new ReplicaState(schedule, session, Time) { Order = order };
        ReplicaStatistics statistics = new(Time);
        BatchExecutor executor = new(Spec, new BatchAnswers(Spec, statistics, _clock) { Order = order }, _clock);
        Runner = new ReplicaRunner(Spec, State, executor, this, _clock);
        Log = new RequestLog(Time);
        AnswerRecorder recorder = new("m", "1", statistics, Log, _clock);
        Admission = new ReplicaAdmission(Spec, State, Runner, this, recorder, _clock);
    }

    public FakeTimeProvider Time { get; }

    public ReplicaSpec Spec { get; }

    public ReplicaState State { get; }

    public ReplicaRunner Runner { get; }

    public ReplicaAdmission Admission { get; }

    public RequestLog Log { get; }

    /// <summary>Turns that were asked for and not taken yet.</summary>
    public int TurnsAsked { get; private set; }

    public void Schedule(IEngineWork work)
    {
        Assert.Same(Runner, work);
        TurnsAsked++;
    }

    /// <summary>Turns that were taken on the thread that brought a request.</summary>
    public int TurnsOnCaller { get; private set; }

    public void RunHere(IEngineWork work)
    {
        Assert.Same(Runner, work);
        TurnsOnCaller++;
        while (Runner.RunTurn(_thread)) { }
    }

    public void ScheduleIdle(IEngineWork work) => Assert.Fail("nothing is audited here");

    /// <summary>Takes a turn that was asked for.</summary>
    /// <returns>Whether it wants another.</returns>
    public bool TakeTurn()
    {
        Assert.True(TurnsAsked > 0, "no turn was asked for");
        TurnsAsked--;
        return Runner.RunTurn(_thread);
    }

    public static InferenceCall Request(int rows = 1, int columns = 4) =>
        TestEngine.Request("m", TestEngine.Floats("x", new float[rows * columns], rows, columns));

    /// <summary>Admits a request that must be let in.</summary>
    public QueuedInference Admit(InferenceCall request, CancellationToken cancellationToken)
    {
        AdmissionResult result = Admission.Admit(request, cancellationToken);
        Assert.Null(result.Refusal);
        return result.Queued!;
    }

    public void Dispose()
    {
        State.Session.Release();
        _thread.Dispose();
        File.Delete(_file);
    }
}
