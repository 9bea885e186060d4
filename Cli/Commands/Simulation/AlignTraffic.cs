using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OrleansInference.Cli.Connection;
using OrleansInference.Cli.Inputs;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Simulation.Alignment;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Cli.Commands.Simulation;

/// <summary>
/// Replays a workload on a live cluster at its recorded times, and keeps the outcome of each request.
/// </summary>
internal sealed class AlignTraffic(ServerConnection server, ModelMetadata model, TimeSpan deadline, TimeProvider time)
{
    private readonly ConcurrentDictionary<int, Tensor[]> _inputs = new();

    /// <summary>Sends the requests and waits for all answers.</summary>
    /// <returns>Seconds from when each was due to its answer, and what was wrong, in the workload's order.</returns>
    public async Task<(double Seconds, InferenceError Error)[]> RunAsync(
        Workload workload,
        CancellationToken cancellationToken
    )
    {
        (double, InferenceError)[] results = new (double, InferenceError)[workload.Arrivals.Length];
        long start = time.GetTimestamp();
        List<Task> running = [];
        for (int i = 0; i < results.Length; i++)
        {
            Arrival arrival = workload.Arrivals[i];
            TimeSpan wait = TimeSpan.FromTicks(arrival.At) - time.GetElapsedTime(start);
            if (wait > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(wait, time, cancellationToken);
            }
            running.Add(SendOneAsync(i, arrival));
        }

        await Task.WhenAll(running);
        return results;

        async Task SendOneAsync(int index, Arrival arrival)
        {
            await Task.Yield();
            InferenceError error = await SendAsync(arrival.Rows, cancellationToken);
            results[index] = ((time.GetElapsedTime(start) - TimeSpan.FromTicks(arrival.At)).TotalSeconds, error);
        }
    }

    /// <summary>Seconds of requests one after the other, ascending.</summary>
    public async Task<double[]> MeasureLoneAsync(int count, CancellationToken cancellationToken)
    {
        List<double> seconds = [];
        for (int i = 0; i < count; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            if (await SendAsync(1, cancellationToken) == InferenceError.None)
            {
                seconds.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }
        }

        return seconds.Count == 0
            ? throw new CliException(
                "none of the first requests was answered in time: the cluster is busy, or the model's "
                    + "objective is too tight"
            )
            : [.. seconds.Order()];
    }

    /// <summary>The outcome of a run.</summary>
    public AlignmentOutcome Outcome((double Seconds, InferenceError Error)[] results, double seconds)
    {
        double[] answered =
        [
            .. results.Where(result => result.Error == InferenceError.None).Select(result => result.Seconds).Order(),
        ];
        return new AlignmentOutcome(
            Quantile(answered, 0.5) * 1000,
            Quantile(answered, 0.99) * 1000,
            answered.Count(each => each <= deadline.TotalSeconds) / seconds,
            results.Length - answered.Length
        );
    }

    /// <summary>Writes the requests and their outcomes.</summary>
    public static void Write(
        string path,
        Workload workload,
        string model,
        (double Seconds, InferenceError Error)[] results
    )
    {
        using StreamWriter writer = new(path);
        writer.WriteLine("time,model,rows,latency_ms,error");
        foreach ((Arrival arrival, (double seconds, InferenceError error)) in workload.Arrivals.Zip(results))
        {
            double at = arrival.At / (double)TimeSpan.TicksPerSecond;
            string failure = error == InferenceError.None ? "" : error.ToString();
            writer.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{at:F6},{model},{arrival.Rows},{seconds * 1000:F3},{failure}"
                )
            );
        }
    }

    /// <summary>A quantile of ascending values; 0 of none.</summary>
    public static double Quantile(double[] sorted, double q) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(q * sorted.Length))];

    private async Task<InferenceError> SendAsync(int rows, CancellationToken cancellationToken)
    {
        Tensor[] inputs = _inputs.GetOrAdd(
            rows,
            count => [.. model.Inputs.Select(input => TensorArgument.Synthetic(input, count, new Random(count)))]
        );
        try
        {
            using InferenceResult response = await server.Inference.InferAsync(
                new InferenceRequest
                {
                    ModelName = model.Name,
                    Inputs = inputs,
                    Timeout = deadline,
                },
                cancellationToken
            );
            return InferenceError.None;
        }
        catch (InferenceException exception)
        {
            return exception.Error;
        }
    }
}
