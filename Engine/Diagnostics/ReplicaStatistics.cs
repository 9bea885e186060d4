using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Diagnostics;

/// <summary>
/// Counts what a model version does. Every count is made before the answer it belongs to can be seen.
/// </summary>
internal sealed class ReplicaStatistics(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, Run> _runs = [];
    private readonly Dictionary<InferenceError, long> _failures = [];
    private Sum _success;
    private Sum _fail;
    private Sum _queue;
    private Sum _input;
    private Sum _infer;
    private Sum _output;
    private long _inferences;
    private long _executions;
    private long _lastInferenceMs;
    private long _requests;
    private long _violations;
    private long _bytes;
    private InferenceStatistics? _reading;

    /// <summary>One run of <paramref name="rows"/> rows ended well.</summary>
    public void AddRun(int rows, TimeSpan input, TimeSpan infer, TimeSpan output)
    {
        lock (_lock)
        {
            _reading = null;
            _executions++;
            if (!_runs.TryGetValue(rows, out Run? run))
            {
                _runs.Add(rows, run = new Run());
            }
            run.Input.Add(input);
            run.Infer.Add(infer);
            run.Output.Add(output);
        }
    }

    /// <summary>
    /// A request of <paramref name="rows"/> rows is about to be answered, <paramref name="elapsed"/> after it arrived.
    /// </summary>
    public void AddAnswer(
        InferenceError error,
        int rows,
        TimeSpan elapsed,
        in InferenceTimings timings,
        bool isLate,
        long bytes,
        bool isBackground
    )
    {
        lock (_lock)
        {
            _reading = null;
            // Background work has no objective. A wrong request, or one that was given up, is no miss of the server.
            if (
                !isBackground
                && error is not (InferenceError.InvalidArgument or InferenceError.Cancelled or InferenceError.NotFound)
            )
            {
                _requests++;
                if (isLate || error != InferenceError.None)
                {
                    _violations++;
                }
            }

            _bytes += bytes;
            if (error != InferenceError.None)
            {
                _fail.Add(elapsed);
                _failures[error] = _failures.GetValueOrDefault(error) + 1;
                return;
            }

            _inferences += rows;
            _lastInferenceMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            _success.Add(elapsed);
            _queue.Add(timings.Queue + timings.Load);
            _input.Add(timings.ComputeInput);
            _infer.Add(timings.ComputeInfer);
            _output.Add(timings.ComputeOutput);
        }
    }

    /// <summary>
    /// One consistent reading; the same object as before where nothing was counted and as many requests wait.
    /// </summary>
    public InferenceStatistics Read(string name, string version, long pending)
    {
        lock (_lock)
        {
            if (_reading is { } known && known.PendingRequests == pending)
            {
                return known;
            }
            _reading = new InferenceStatistics
            {
                Name = name,
                Version = version,
                LastInferenceMs = _lastInferenceMs,
                InferenceCount = _inferences,
                ExecutionCount = _executions,
                Success = _success.Value,
                Fail = _fail.Value,
                Queue = _queue.Value,
                ComputeInput = _input.Value,
                ComputeInfer = _infer.Value,
                ComputeOutput = _output.Value,
                Batches =
                [
                    .. _runs.Select(run => new BatchStatistics(
                        run.Key,
                        run.Value.Input.Value,
                        run.Value.Infer.Value,
                        run.Value.Output.Value
                    )),
                ],
                PendingRequests = pending,
                Requests = _requests,
                Violations = _violations,
                Bytes = _bytes,
                Failures = new Dictionary<InferenceError, long>(_failures),
            };
            return _reading;
        }
    }

    private struct Sum
    {
        private long _count;
        private long _ticks;

        public readonly DurationStatistic Value => new(_count, _ticks * TimeSpan.NanosecondsPerTick);

        public void Add(TimeSpan duration)
        {
            _count++;
            _ticks += Math.Max(0, duration.Ticks);
        }
    }

    private sealed class Run
    {
        public Sum Input;
        public Sum Infer;
        public Sum Output;
    }
}
