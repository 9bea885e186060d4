using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary>A silo as its users run it: a process of its own, on free ports, over a repository of the test's.</summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _models;
    private readonly int[] _ports;
    private readonly string[] _options;
    private readonly List<string> _output = [];
    private readonly List<(string Part, TaskCompletionSource<string> Found)> _awaited = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SiloProcess(
        string models,
        int[] ports,
        string[] options,
        string[]? prefix = null,
        string address = "127.0.0.1"
    )
    {
        _models = models;
        _ports = ports;
        _options = options;
        HttpPort = ports[0];
        GrpcPort = ports[1];
        SiloPort = ports[2];
        GatewayPort = ports[3];
        ProcessStartInfo start = new(prefix is null ? "dotnet" : prefix[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string word in prefix is null ? [] : prefix[1..].Append("dotnet"))
        {
            start.ArgumentList.Add(word);
        }
        string[] arguments =
        [
            typeof(SiloProcess).Assembly.Location.Replace(
                "OrleansInference.Silo.Tests.dll",
                "OrleansInference.Silo.dll",
                StringComparison.Ordinal
            ),
            "--Node:ProfileOnLoad=false",
            "--Gateway:WarmupMs=0",
            "--models",
            models,
            "--http-port",
            $"{HttpPort}",
            "--grpc-port",
            $"{GrpcPort}",
            "--silo-port",
            $"{SiloPort}",
            "--gateway-port",
            $"{GatewayPort}",
            .. options,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Received(line.Data);
        _process.ErrorDataReceived += (_, line) => Received(line.Data);
        _process.Exited += (_, _) =>
            _ready.TrySetException(new InvalidOperationException($"The silo ended:\n{Output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Http = new HttpClient
        {
            BaseAddress = new Uri($"http://{address}:{HttpPort}"),
            Timeout = TimeSpan.FromSeconds(100),
        };
    }

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public int SiloPort { get; }

    public int GatewayPort { get; }

    public int ProcessId => _process.Id;

    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public HttpClient Http { get; }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    public static async Task<SiloProcess> StartAsync(string models, params string[] options)
    {
        SiloProcess silo = new(models, FreePorts.Take(4), options);
        await silo._ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return silo;
    }

    /// <summary>A silo as another user, by a command such as <c>setpriv</c> that runs it.</summary>
    public static async Task<SiloProcess> StartByAsync(string[] command, string models, params string[] options)
    {
        SiloProcess silo = new(models, FreePorts.Take(4), options, command);
        await silo._ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return silo;
    }

    /// <summary>A silo on a host of its own.</summary>
    public static async Task<SiloProcess> StartInAsync(
        NetworkNamespaces hosts,
        int host,
        string models,
        params string[] options
    )
    {
        SiloProcess silo = new(
            models,
            [8080, 8081, 11111, 30000],
            ["--listen", hosts.Address(host), "--allow-anonymous", .. options],
            ["ip", "netns", "exec", hosts.Name(host)],
            hosts.Address(host)
        );
        await silo._ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return silo;
    }

    /// <summary>The same again, on the same ports: after a crash.</summary>
    public async Task<SiloProcess> RestartAsync()
    {
        SiloProcess silo = new(_models, _ports, _options);
        await silo._ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return silo;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code once it has ended.</summary>
    public async Task<int> TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Waits for a line that it has written or will write.</summary>
    public async Task<string> LineAsync(string part)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            _awaited.Add((part, found));
            if (_output.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } line)
            {
                found.TrySetResult(line);
            }
        }

        return await found.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Received(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (_output)
        {
            _output.Add(line);
            foreach ((string part, TaskCompletionSource<string> found) in _awaited)
            {
                if (line.Contains(part, StringComparison.Ordinal))
                {
                    found.TrySetResult(line);
                }
            }
        }

        if (line.StartsWith("Ready.", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
