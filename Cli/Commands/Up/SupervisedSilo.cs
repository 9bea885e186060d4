using System.Diagnostics;
using System.Globalization;

namespace OrleansInference.Cli.Commands.Up;

/// <summary>
/// One silo process, started again when it ends by itself; every restart in a row waits twice as long, up to 30 s.
/// </summary>
internal sealed class SupervisedSilo(
    string name,
    string[] program,
    string[] arguments,
    CoreSet cores,
    Action<string> writeLine,
    TimeProvider time
)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when it serves for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs it until cancelled, and then ends it gracefully.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        while (!cancellationToken.IsCancellationRequested)
        {
            long begin = time.GetTimestamp();
            using Process process = Start();
            try
            {
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                await StopAsync(process);
                return;
            }

            // It had started well: what ended it is not the failure of the restarts before.
            if (time.GetElapsedTime(begin) > Settled)
            {
                pause = FirstPause;
            }
            writeLine(
                $"{name} | ended with exit code {process.ExitCode}; starting it again in {pause.TotalSeconds:F0} s"
            );
            try
            {
                await Task.Delay(pause, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private Process Start()
    {
        ProcessStartInfo start = new(program[0], [.. program[1..], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The affinity is set after the process has started, when its runtime has counted the cores.
        if (cores.Count > 0)
        {
            start.Environment["DOTNET_PROCESSOR_COUNT"] = cores.Count.ToString(CultureInfo.InvariantCulture);
        }
        Process process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => Received(line.Data);
        process.ErrorDataReceived += (_, line) => Received(line.Data);
        process.Start();
        if (cores.Mask != 0 && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows()))
        {
            process.ProcessorAffinity = (nint)cores.Mask;
        }
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task StopAsync(Process process)
    {
        writeLine($"{name} | stopping");
        if (OperatingSystem.IsWindows())
        {
            process.Kill(entireProcessTree: true);
        }
        else
        {
            // Process.Kill would be SIGKILL, on which the silo could not drain.
            using (Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync(CancellationToken.None);
            }
        }
        try
        {
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            writeLine($"{name} | did not stop in {Patience.TotalSeconds:F0} s, and is killed");
            process.Kill(entireProcessTree: true);
        }
    }

    private void Received(string? line)
    {
        if (line is null)
        {
            return;
        }
        writeLine($"{name} | {line}");
        if (line.StartsWith("Ready.", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
