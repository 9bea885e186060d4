using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansInference.Load.Http;

namespace OrleansInference.Load.Compare;

/// <summary>A server as a child process; disposing kills it and whatever it started.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int KeptLines = 40;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Process process;
    private readonly Queue<string> lastLines = new();

    public ServerProcess(string name, string[] command, int httpPort)
    {
        Name = name;
        EndPoint = new IPEndPoint(IPAddress.Loopback, httpPort);
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process = Start(start);
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public IPEndPoint EndPoint { get; }

    public int Id => process.Id;

    public async Task WaitReadyAsync(CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(client, cancellation))
        {
            await DelayAsync(started, "GET /v2/health/ready did not answer 200", cancellation);
        }
    }

    /// <summary>
    /// Waits until the server gives the expected answer: a model may still load after the server is ready.
    /// </summary>
    public async Task WaitCorrectAsync(ComparedModel model, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (Problem(model) is { } problem)
        {
            await DelayAsync(started, $"model {model.Name}: {problem}", cancellation);
        }
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(TimeSpan.FromSeconds(10));
        }

        process.Dispose();
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException($"Cannot start {start.FileName}.");
        }
        catch (Win32Exception failure)
        {
            throw new InvalidOperationException($"Cannot start {start.FileName}: {failure.Message}", failure);
        }
    }

    private async Task<bool> IsReadyAsync(HttpClient client, CancellationToken cancellation)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://{EndPoint}/v2/health/ready"), cancellation);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception failure)
            when (failure is HttpRequestException
                || (failure is TaskCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return false;
        }
    }

    private string? Problem(ComparedModel model)
    {
        try
        {
            using var connection = new HttpConnection(EndPoint);
            return OutputCheck.Problem(connection, model.Request, model.Expected);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return failure.Message;
        }
    }

    private async Task DelayAsync(long started, string problem, CancellationToken cancellation)
    {
        if (process.HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
        {
            var state = process.HasExited
                ? $"ended with exit code {process.ExitCode}"
                : $"is not usable after {StartLimit.TotalSeconds} s";
            throw new InvalidOperationException($"{Name} {state}: {problem}.\n{LastLines()}");
        }
        await Task.Delay(RetryDelay, cancellation);
    }

    private string LastLines()
    {
        lock (lastLines)
        {
            return string.Join('\n', lastLines);
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            return;
        }
        lock (lastLines)
        {
            lastLines.Enqueue(line.Data);
            if (lastLines.Count > KeptLines)
            {
                lastLines.Dequeue();
            }
        }
    }
}
