using System.Diagnostics;
using System.Globalization;
using System.Net.Http;
using System.Text.Json;
using OrleansInference.Cli.Commands.Up;
using OrleansInference.Onnx.Samples;
using OrleansInference.Simulation.World;

namespace OrleansInference.Cli.Commands.Scenarios;

/// <summary>Silos on emulated devices for a scenario's models; disposing ends them and removes their files.</summary>
internal sealed class ScenarioCluster : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly string _folder = Directory.CreateTempSubdirectory("oinf-scenario-").FullName;
    private readonly List<Process> _silos = [];

    private ScenarioCluster(int firstPort) => FirstPort = firstPort;

    /// <summary>The first silo's HTTP port; the others' follow.</summary>
    public int FirstPort { get; }

    /// <summary>Addresses of the silos.</summary>
    public string[] Urls => [.. Enumerable.Range(0, _silos.Count).Select(i => $"http://127.0.0.1:{FirstPort + i}")];

    /// <summary>Starts a cluster and waits until all models are routed.</summary>
    /// <exception cref="CliException">It does not come up.</exception>
    public static async Task<ScenarioCluster> StartAsync(
        string[] program,
        WorldSpec world,
        int firstPort,
        CancellationToken cancellationToken
    )
    {
        ScenarioCluster cluster = new(firstPort);
        try
        {
            cluster.Write(world);
            for (int i = 0; i < world.Nodes.Count; i++)
            {
                cluster.Start(program, world.Nodes[i], i);
                await cluster.UntilAsync(i, "/v2/health/ready", _ => true, cancellationToken);
            }

            await cluster.UntilAsync(
                0,
                "/v2/cluster",
                body =>
                {
                    using JsonDocument state = JsonDocument.Parse(body);
                    return state.RootElement.GetProperty("nodes").GetArrayLength() == world.Nodes.Count
                        && world.Models.All(model =>
                            state
                                .RootElement.GetProperty("models")
                                .EnumerateArray()
                                .Any(planned =>
                                    planned.GetProperty("name").GetString() == model.Name
                                    && planned
                                        .GetProperty("replicas")
                                        .EnumerateArray()
                                        .Any(replica => replica.GetProperty("routed").GetBoolean())
                                )
                        );
                },
                cancellationToken
            );
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (Process silo in _silos)
        {
            if (!silo.HasExited)
            {
                silo.Kill(entireProcessTree: true);
            }
            await silo.WaitForExitAsync();
            silo.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void Write(WorldSpec world)
    {
        foreach (WorldModel model in world.Models)
        {
            string version = Directory.CreateDirectory(Path.Combine(_folder, "models", model.Name, "1")).FullName;
            File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Mlp(4, 8, 2, seed: 1));
            File.WriteAllText(
                Path.Combine(_folder, "models", model.Name, "config.pbtxt"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""
                    max_batch_size: {{model.MaxRows}}
                    parameters { key: "slo_p99_ms" value { string_value: "{{model.SloSeconds * 1000:F3}}" } }

                    """
                )
            );
        }

        for (int i = 0; i < world.Nodes.Count; i++)
        {
            WorldNode node = world.Nodes[i];
            object profile = new
            {
                name = node.Name,
                memory_mib = node.MemoryBytes >> 20,
                lanes = node.Cores,
                models = world.Models.ToDictionary(
                    model => model.Name,
                    model => new
                    {
                        batch_ms = new[] { 1, model.MaxRows }
                            .Distinct()
                            .ToDictionary(
                                rows => rows.ToString(CultureInfo.InvariantCulture),
                                rows => model.Cost.Seconds(rows) / node.Speed * 1000
                            ),
                        memory_mib = model.MemoryBytes >> 20,
                        load_ms = model.LoadSeconds * 1000,
                    }
                ),
            };
            File.WriteAllText(Profile(i), JsonSerializer.Serialize(profile));
        }
    }

    private string Profile(int node) => Path.Combine(_folder, $"node{node}.json");

    private void Start(string[] program, WorldNode node, int i)
    {
        int silos = FirstPort + 200;
        int gateways = FirstPort + 300;
        string[] arguments =
        [
            .. program[1..],
            "--models",
            Path.Combine(_folder, "models"),
            "--name",
            node.Name,
            "--http-port",
            Text(FirstPort + i),
            "--grpc-port",
            Text(FirstPort + 100 + i),
            "--silo-port",
            Text(silos + i),
            "--gateway-port",
            Text(gateways + i),
            "--Engine:ExecutionProvider:Provider=emulated",
            $"--Engine:ExecutionProvider:Profile={Profile(i)}",
            $"--Engine:Threads={Text(node.Cores)}",
            // An emulated device costs what its profile says: there is nothing to measure.
            "--Node:ProfileOnLoad=false",
            "--Agent:Mode=Off",
            // More often than it ships, because a scenario is short.
            "--Agent:PeriodSeconds=5",
            "--Agent:Guardrails:WatchSeconds=5",
            "--Logging:LogLevel:Default=Warning",
            .. i == 0 ? [] : new[] { "--join", $"127.0.0.1:{Text(silos)}" },
        ];
        Process process = new()
        {
            StartInfo = new ProcessStartInfo(program[0], arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _silos.Add(process);
    }

    private async Task UntilAsync(
        int silo,
        string path,
        Func<string, bool> reached,
        CancellationToken cancellationToken
    )
    {
        using HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(
                    new Uri($"http://127.0.0.1:{FirstPort + silo}{path}"),
                    cancellationToken
                );
                if (answer.IsSuccessStatusCode && reached(await answer.Content.ReadAsStringAsync(cancellationToken)))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }

            if (_silos[silo].HasExited)
            {
                throw new CliException(
                    $"silo {silo} ended at its start: are the ports {FirstPort} to {FirstPort + 303} free? (--port)"
                );
            }
            if (Stopwatch.GetElapsedTime(begin) > Limit)
            {
                throw new CliException($"silo {silo} did not come up in {Limit.TotalSeconds:F0} s");
            }
            await Task.Delay(Look, cancellationToken);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
