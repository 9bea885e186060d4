using System.ComponentModel;
using System.Diagnostics;
using System.Net;

namespace OrleansInference.Load.Compare;

/// <summary>A server as a child process; disposing kills it and whatever it started.</summary>
internal sealed class ServerProcess : ComparedServer
{
    private const int KeptLines = 40;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Process process;
    private readonly Queue<string> lastLines = new();

    /// <param name="name">For messages.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="httpPort">Port on loopback that says when the server is ready.</param>
    /// <param name="targetPort">Port of the compared protocol, where that is another.</param>
    public ServerProcess(string name, string[] command, int httpPort, int? targetPort = null)
        : base(name, new IPEndPoint(IPAddress.Loopback, targetPort ?? httpPort))
    {
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

    public IPEndPoint EndPoint { get; }

    public int ProcessId => process.Id;

    public override int? Id => ProcessId;

    public override async Task WaitReadyAsync(CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(client, cancellation))
        {
            await DelayAsync(started, "GET /v2/health/ready did not answer 200", cancellation);
        }
    }

    public override async Task WaitCorrectAsync(
        ComparedModel model,
        IInferProtocol protocol,
        CancellationToken cancellation
    )
    {
        var started = Stopwatch.GetTimestamp();
        while (await protocol.ProblemAsync(Target, model, cancellation) is { } problem)
        {
            await DelayAsync(started, $"model {model.Name}: {problem}", cancellation);
        }
    }

    public override void Dispose()
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
