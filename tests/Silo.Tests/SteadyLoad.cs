using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Silo.Tests;

/// <summary>
/// Requests at a constant rate through the SDK, whatever becomes of them: an open loop. Every answer is checked.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly IInferenceClient _client;
    private readonly string _model;
    private readonly float _factor;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<(double At, double Took, string? Failure)> _answers = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task _running;

    public SteadyLoad(IInferenceClient client, string model, float factor, int rate)
    {
        _client = client;
        _model = model;
        _factor = factor;
        _running = Task.Run(() => RunAsync(rate));
    }

    /// <summary>Seconds since it began.</summary>
    public double Now => _clock.Elapsed.TotalSeconds;

    /// <summary>Requests answered so far.</summary>
    public int Answered => _answers.Count;

    /// <summary>Waits until <paramref name="count"/> more requests have been answered.</summary>
    public async Task AnsweredAsync(int count)
    {
        int until = Answered + count;
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (Answered < until)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Ends it and returns what became of every request, in the order of sending.</summary>
    public async Task<IReadOnlyList<(double At, double Took, string? Failure)>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return [.. _answers.OrderBy(answer => answer.At)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(int rate)
    {
        List<Task> sent = [];
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                while (sent.Count < Now * rate)
                {
                    sent.Add(SendAsync(sent.Count));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ended.
        }

        await Task.WhenAll(sent);
    }

    private async Task SendAsync(int number)
    {
        double at = Now;
        float[] row = [number, number + 1, number + 2];
        try
        {
            InferenceRequest request = new()
            {
                ModelName = _model,
                Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, 3], MemoryMarshal.AsBytes(row.AsSpan()).ToArray())],
            };
            using InferenceResult response = await _client.InferAsync(request);
            float[] answer = MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray();
            bool right = answer.Length == 3 && Enumerable.Range(0, 3).All(i => answer[i] == row[i] * _factor);
            _answers.Add(
                (at, Now - at, right ? null : $"WRONG: {string.Join(",", answer)} for {string.Join(",", row)}")
            );
        }
        catch (InferenceException exception)
        {
            _answers.Add((at, Now - at, $"{exception.Error}: {exception.Message}"));
        }
    }
}
