using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansInference.GpuBench;

/// <summary>A silo as it ships, in a process of its own.</summary>
internal sealed class SiloUnderTest : IAsyncDisposable
{
    private const int HttpPort = 28480;

    private readonly Process _process;
    private readonly ServiceProvider _services;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri($"http://127.0.0.1:{HttpPort}"),
        Timeout = TimeSpan.FromMinutes(5),
    };

    private SiloUnderTest(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        ServiceCollection services = new();
        services.AddInferenceClient().UseHttp(_http.BaseAddress!);
        _services = services.BuildServiceProvider();
    }

    /// <summary>Inference.</summary>
    public IInferenceClient Client => _services.GetRequiredService<IInferenceClient>();

    /// <summary>What it has said.</summary>
    public IEnumerable<string> Log => _log;

    /// <summary>Memory of the process, in MiB.</summary>
    public long ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 >> 20;
        }
    }

    /// <summary>Starts it, and waits until it is ready.</summary>
    /// <param name="arguments">Where it and its models are.</param>
    /// <param name="environment">Variables in place of this process's.</param>
    /// <param name="options">More of its own options.</param>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in two minutes.</exception>
    public static async Task<SiloUnderTest> StartAsync(
        Arguments arguments,
        IReadOnlyDictionary<string, string> environment,
        params string[] options
    )
    {
        string[] ports =
        [
            "--http-port",
            Text(HttpPort),
            "--grpc-port",
            Text(HttpPort + 1),
            "--silo-port",
            Text(HttpPort + 2),
            "--gateway-port",
            Text(HttpPort + 3),
        ];
        ProcessStartInfo start = new(
            arguments.Silo,
            ["--models", arguments.Models, .. ports, "--Node:ProfileOnLoad=false", .. options]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        SiloUnderTest silo = new(start);
        long begin = Stopwatch.GetTimestamp();
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(100));
        while (!await silo.IsReadyAsync())
        {
            if (silo._process.HasExited || Stopwatch.GetElapsedTime(begin) > TimeSpan.FromMinutes(2))
            {
                string said = string.Join('\n', silo.Log);
                await silo.DisposeAsync();
                throw new InvalidOperationException($"the silo did not become ready:\n{said}");
            }

            await pace.WaitForNextTickAsync();
        }

        return silo;
    }

    /// <summary>Loads or unloads a model.</summary>
    /// <exception cref="HttpRequestException">The silo refuses.</exception>
    public async Task ChangeAsync(string model, string action)
    {
        Uri path = new($"/v2/repository/models/{model}/{action}", UriKind.Relative);
        using HttpResponseMessage response = await _http.PostAsync(path, content: null);
        response.EnsureSuccessStatusCode();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        await _services.DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri("/v2/health/ready", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
