using System.Globalization;
using Microsoft.ML.OnnxRuntime;
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
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>
/// A trace through the server's own replica: only the clock, the threads and the time of a run are made up.
/// </summary>
internal sealed class ServerRun : IEngineScheduler, IEmulatedDevice, IDisposable
{
    private const int Width = 4;

    private readonly string _file = Path.GetTempFileName();
    private readonly ManualTime _time = new();
    private readonly Journal _journal = new();
    private readonly Queue<IEngineWork> _ready = new();
    private readonly Stack<Lane> _free = new();
    private readonly Lane[] _lanes;
    private readonly Trace _trace;
    private readonly EngineClock _clock;
    private readonly ModelReplica _replica;
    private Lane? _running;

    private ServerRun(Trace trace)
    {
        _trace = trace;
        _lanes = [.. Enumerable.Range(0, trace.Threads).Select(_ => new Lane())];
        foreach (Lane lane in _lanes)
        {
            _free.Push(lane);
        }
        File.WriteAllBytes(_file, FixtureModels.Mlp(Width, 8, 2));
        SessionSettings settings = new() { Path = _file, Provider = EmulatedDevice.Provider };
        InferenceSession onnx = settings.CreateSession();
        ModelSignature signature = SignatureReader.Read(
            "m",
            onnx,
            new ModelConfig(),
            trace.MaxRows,
            new HashSet<string>()
        );
        BatchLimits limits = new()
        {
            MaxRows = trace.MaxRows,
            FillToMax = trace.FillToMax,
            MaxDelay = TimeSpan.FromMilliseconds(trace.DelayMs),
            Concurrency = trace.Threads,
        };
        // As the twin is warmed up.
        BatchCostEstimator cost = new();
        for (int rows = 1; rows <= Math.Min(8, trace.MaxRows); rows *= 2)
        {
            cost.Observe(rows, trace.Run(rows).TotalSeconds);
        }
        _clock = new EngineClock(_time);
        _replica = new ModelReplica(
            "m",
            "1",
            new BatchingChoice(signature, IsConfigured: true, Rounds: false, Notice: ""),
            new ModelSession(onnx, settings, signature) { Device = this },
            new ReplicaQueueing(limits, new QueuePolicy { SloP99Ms = trace.SloMs }, cost),
            this,
            _clock,
            new RequestLog(_time)
        );
    }

    public static async Task<Journal> RunAsync(Trace trace, IReadOnlyList<Arrival> arrivals)
    {
        using ServerRun run = new(trace);
        Task<InferenceAnswer>[] answers = run.Answer(arrivals);
        for (int i = 0; i < answers.Length; i++)
        {
            using InferenceAnswer response = await answers[i];
            // One that is late in a run is answered then; the twin lets the run go on, and counts the answer as late.
            bool isDropped =
                response.Error == InferenceError.DeadlineExceeded
                && response.ErrorMessage.Contains("in the queue", StringComparison.Ordinal);
            if (isDropped && run._journal.Admitted.Contains(i))
            {
                run._journal.Drop(i);
            }
        }

        await run._replica.DrainAsync();
        return run._journal;
    }

    public void Schedule(IEngineWork work) => _ready.Enqueue(work);

    public void RunHere(IEngineWork work) =>
        throw new NotSupportedException("a run on an emulated device is never short");

    public void ScheduleIdle(IEngineWork work) =>
        throw new NotSupportedException("nothing is audited on an emulated device");

    bool IEmulatedDevice.Run(ModelProfile model, int rows, Func<bool> isTerminated)
    {
        Lane lane = _running!;
        _journal.Began(
            _clock.Now,
            lane.State.Entries,
            request => int.Parse(request.Request.Id, CultureInfo.InvariantCulture)
        );
        _time.Add(_time.GetTimestamp() + _trace.Run(rows).Ticks, () => Step(lane, lane.Resume));
        lane.Stand();
        return true;
    }

    public void Dispose()
    {
        foreach (Lane lane in _lanes)
        {
            lane.Dispose();
        }
        File.Delete(_file);
    }

    private Task<InferenceAnswer>[] Answer(IReadOnlyList<Arrival> arrivals)
    {
        Task<InferenceAnswer>[] answers = new Task<InferenceAnswer>[arrivals.Count];
        int next = 0;
        while (next < arrivals.Count || _time.NextAt != long.MaxValue)
        {
            // What arrives goes first within a moment, as in the twin.
            if (next < arrivals.Count && arrivals[next].At <= _time.NextAt)
            {
                _time.MoveTo(arrivals[next].At);
                answers[next] = Arrive(next, arrivals[next].Rows);
                next++;
            }
            else
            {
                _time.Happen();
            }

            while (_ready.Count > 0 && _free.TryPop(out Lane? lane))
            {
                Step(lane, () => lane.Begin(_ready.Dequeue()));
            }
        }

        return answers;
    }

    private Task<InferenceAnswer> Arrive(int index, int rows)
    {
        InferenceCall request = new()
        {
            ModelName = "m",
            Id = index.ToString(CultureInfo.InvariantCulture),
            Inputs = [new Tensor("x", TensorDatatype.Fp32, [rows, Width], new byte[rows * Width * sizeof(float)])],
            Timeout = TimeSpan.FromMilliseconds(_trace.SloMs),
        };
        ValueTask<InferenceAnswer> answer = _replica.InferAsync(request, CancellationToken.None);
        _journal.Arrived(_clock.Now, index, isAdmitted: !answer.IsCompleted);
        return answer.AsTask();
    }

    private void Step(Lane lane, Action go)
    {
        _running = lane;
        go();
        if (!lane.IsOver)
        {
            return;
        }
        _free.Push(lane);
        // Behind the others that wait.
        if (lane.IsWantedAgain)
        {
            _ready.Enqueue(lane.Work);
        }
    }
}
