using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Warms a session up with made-up requests, measures its runs by batch size, and looks for rows that meet. A slow
/// model is run once and again only as far as <see cref="Budget"/> goes: a load must not take many times the model's
/// own time.
/// </summary>
internal sealed class ModelProbe(ModelSession session, EngineClock clock, bool rounds) : IDisposable
{
    /// <summary>What all runs but the first may take together.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    private static readonly int[] FreeDimensions = [1, 8, 32, 128, 224];
    private static readonly int[] ProbedRows = [5, 2];
    private static readonly TimeSpan ProfileTime = TimeSpan.FromMilliseconds(250);

    private readonly BatchRun _run = new();
    private readonly RunOptions _options = new();
    private TimeSpan _end;

    /// <summary>Measured runs.</summary>
    public BatchCostEstimator Cost { get; } = new();

    /// <summary>Median seconds of a run of one row, or 0 where no made-up input was accepted.</summary>
    public double FirstRowSeconds { get; private set; }

    /// <summary>Runs made so far.</summary>
    public int Runs { get; private set; }

    /// <summary>Why no made-up input ran; empty when one did.</summary>
    public string Failure { get; private set; } = "";

    /// <summary>
    /// How rows that ran together differed from rows alone; null where they did not, or were not tried.
    /// </summary>
    public string? Difference { get; private set; }

    /// <summary>Runs the probe.</summary>
    public void Run(ModelSignature signature)
    {
        // A size that the file leaves free may still have to be one that its graph can take.
        foreach (int freeDimension in FreeDimensions)
        {
            try
            {
                Run(signature, freeDimension);
                return;
            }
            catch (Exception exception) when (exception is OnnxRuntimeException or ModelLoadException)
            {
                Failure = exception.Message;
                if (signature.Inputs.All(spec => spec.IsFixed))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Runs a batch of a configured sample once.</summary>
    /// <exception cref="OnnxRuntimeException">The model failed on it.</exception>
    public void Run(ModelSignature signature, WarmupSample sample)
    {
        BatchEntry<QueuedInference> row = new(sample.Row, 0, 1);
        Release(Execute(signature, [.. Enumerable.Repeat(row, sample.Rows)], sample.Rows));
    }

    public void Dispose()
    {
        _run.Dispose();
        _options.Dispose();
    }

    private void Run(ModelSignature signature, int freeDimension)
    {
        QueuedInference request = SyntheticInputs.Create(signature, 1, freeDimension, seed: 1);
        // The first run warms up; it counts only where there is no time for another.
        double first = Time(signature, request);
        Failure = "";
        _end = clock.Now + Budget;
        FirstRowSeconds = Median(signature, request, first);
        Cost.Observe(1, FirstRowSeconds);
        // Rows of a ragged batch may meet: its graph is told whose they are.
        if (!signature.IsBatched || signature.IsRagged)
        {
            return;
        }
        Difference = FindDifference(signature, freeDimension);
        if (Difference is null)
        {
            Profile(signature, freeDimension);
        }
    }

    private double Median(ModelSignature signature, QueuedInference request, double first)
    {
        List<double> seconds = [];
        for (int i = 0; i < 3 && Fits(first); i++)
        {
            seconds.Add(Time(signature, request));
        }
        seconds.Sort();
        return seconds.Count == 0 ? first : seconds[seconds.Count / 2];
    }

    private string? FindDifference(ModelSignature signature, int freeDimension)
    {
        RowProbe probe = new(signature, request => Execute(signature, request), rounds);
        foreach (int rows in ProbedRows)
        {
            if (rows > signature.MaxBatchSize || !Fits(FirstRowSeconds * RowProbe.RunsOf(rows)))
            {
                continue;
            }
            return probe.Difference(rows, freeDimension);
        }

        return null;
    }

    private void Profile(ModelSignature signature, int freeDimension)
    {
        TimeSpan end = clock.Now + ProfileTime;
        for (
            int rows = 2;
            rows <= signature.MaxBatchSize && clock.Now < end && Fits(2 * Cost.Current.Seconds(rows));
            rows *= 2
        )
        {
            QueuedInference request = SyntheticInputs.Create(signature, rows, freeDimension, seed: rows);
            Time(signature, request);
            // The run before it warmed this size up; of two more, the shorter was disturbed less.
            Cost.Observe(rows, Math.Min(Time(signature, request), Time(signature, request)));
        }
    }

    private bool Fits(double seconds) => clock.Now + TimeSpan.FromSeconds(seconds) <= _end;

    private double Time(ModelSignature signature, QueuedInference request)
    {
        TimeSpan start = clock.Now;
        Release(Execute(signature, request));
        return Math.Max(1e-7, (clock.Now - start).TotalSeconds);
    }

    private static void Release(OutputBlock[] blocks)
    {
        foreach (OutputBlock block in blocks)
        {
            block.Buffer.Dispose();
        }
    }

    private OutputBlock[] Execute(ModelSignature signature, QueuedInference request) =>
        Execute(signature, [new BatchEntry<QueuedInference>(request, 0, request.Rows)], request.Rows);

    private OutputBlock[] Execute(ModelSignature signature, List<BatchEntry<QueuedInference>> batch, int rows)
    {
        Runs++;
        return _run.Execute(session, signature, batch, rows, _options, clock);
    }
}
