using System.Diagnostics;
using OrleansInference.Tests.Shared;
using StackExchange.Redis;

namespace OrleansInference.Silo.Tests;

/// <summary>A real redis-server on a free port; what it was told survives its stop.</summary>
public sealed class RedisProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redis").FullName;
    private readonly int _port = FreePorts.Take(1)[0];
    private Process? _process;

    public int Port => _port;

    public string Address => $"127.0.0.1:{_port}";

    private static bool IsInstalled =>
        Environment
            .GetEnvironmentVariable("PATH")!
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    /// <summary>
    /// Skips the test where redis-server is not installed; for a class whose every test needs it, from its
    /// <c>InitializeAsync</c>.
    /// </summary>
    public static void Require() => Assert.SkipUnless(IsInstalled, "redis-server is not installed");

    /// <summary>Starts one; skips the test where it is not installed.</summary>
    public static async Task<RedisProcess> StartNewAsync()
    {
        Require();
        RedisProcess redis = new();
        await redis.StartAsync();
        return redis;
    }

    public async Task StartAsync()
    {
        _process = Process.Start(
            new ProcessStartInfo(
                "redis-server",
                [
                    "--port",
                    $"{_port}",
                    "--bind",
                    "0.0.0.0",
                    "--protected-mode",
                    "no",
                    "--save",
                    "",
                    "--appendonly",
                    "yes",
                    "--dir",
                    _folder,
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        for (Stopwatch waited = Stopwatch.StartNew(); ; )
        {
            try
            {
                using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(Address);
                await connection.GetDatabase().PingAsync();
                return;
            }
            // Not there yet, or there and still reading its file.
            catch (RedisException) when (waited.Elapsed < TimeSpan.FromSeconds(30) && !_process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    public async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
