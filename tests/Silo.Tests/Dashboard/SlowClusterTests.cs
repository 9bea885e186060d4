using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansInference.Onnx.Samples;
using OrleansInference.Silo.Tests.Jobs;
using static Microsoft.Playwright.Assertions;

namespace OrleansInference.Silo.Tests.Dashboard;

/// <summary>
/// Two emulated devices that take their time, and an agent that asks for consent: jobs and advice, steered in the
/// browser.
/// </summary>
public sealed class SlowClusterTests : IAsyncLifetime
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("advice").FullName;
    private SiloCluster? _cluster;
    private Browser? _browser;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Browser.Require();
        string models = Path.Combine(_folder, "models");
        string profile = Path.Combine(_folder, "device.json");
        Directory.CreateDirectory(Path.Combine(models, "mlp", "1"));
        await File.WriteAllBytesAsync(
            Path.Combine(models, "mlp", "1", "model.onnx"),
            FixtureModels.Mlp(4, 8, 2),
            Token
        );
        await File.WriteAllTextAsync(
            Path.Combine(models, "mlp", "config.pbtxt"),
            "max_batch_size: 8\nparameters { key: \"slo_p99_ms\" value { string_value: \"100\" } }\n",
            Token
        );
        await File.WriteAllTextAsync(
            profile,
            """{"name":"small","memory_mib":4096,"lanes":1,"models":{"*":{"batch_ms":{"1":20,"8":160},"memory_mib":100,"load_ms":10}}}""",
            Token
        );
        _browser = await Browser.StartAsync();
        _cluster = await SiloCluster.StartAsync(
            2,
            models,
            redis: null,
            "--Engine:ExecutionProvider:Provider=emulated",
            $"--Engine:ExecutionProvider:Profile={profile}",
            "--Engine:Threads=1",
            "--jobs-root",
            Directory.CreateDirectory(Path.Combine(_folder, "jobs")).FullName,
            "--Agent:Mode=Advise",
            "--Agent:PeriodSeconds=1",
            "--Agent:Guardrails:WatchSeconds=2"
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Approve_AnAdvisedReplica_IsCarriedOutAndRefusingOneIsNot()
    {
        HttpClient http = _cluster!.Silos[0].Http;
        (
            await http.PostAsJsonAsync("/v2/cluster/models/mlp/pin", new { max_replicas = 1 }, Token)
        ).EnsureSuccessStatusCode();
        await _cluster.UntilAsync(state => Replicas(state) == 1);
        (await http.PostAsync("/v2/cluster/models/mlp/unpin", null, Token)).EnsureSuccessStatusCode();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task load = LoadAsync(http, stop.Token);
        IPage page = await _browser!.OpenAsync();
        await page.GotoAsync($"{http.BaseAddress}#/agent");

        ILocator first = page.Locator("[data-decision]", new PageLocatorOptions { HasText = "add mlp on" })
            .Filter(
                new LocatorFilterOptions
                {
                    Has = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Refuse" }),
                }
            )
            .First;
        await first
            .GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Refuse" })
            .ClickAsync(new LocatorClickOptions { Timeout = 60_000 });
        await Expect(page.Locator(".notice")).ToContainTextAsync("refuse decision");
        Assert.Equal(1, Replicas(await _cluster.StateAsync()));
        ILocator second = page.Locator(
            "li.advised",
            new PageLocatorOptions { HasTextRegex = new Regex("add mlp on|replicat") }
        ).First;
        await second
            .GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Approve" })
            .ClickAsync(new LocatorClickOptions { Timeout = 60_000 });
        await _cluster.UntilAsync(state => Replicas(state) == 2);

        await Expect(page.Locator("li.applied, li.confirmed").First)
            .ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 30_000 });
        await page.ScreenshotAsync(
            new PageScreenshotOptions
            {
                Path = Path.Combine(Browser.Screenshots, "agent-approved.png"),
                FullPage = true,
            }
        );
        await stop.CancelAsync();
        await load;
    }

    [Fact]
    public async Task Jobs_PausedAndCancelledInThePage_StopAndGo()
    {
        SiloProcess silo = _cluster!.Silos[0];
        await File.WriteAllLinesAsync(
            Path.Combine(_folder, "jobs", "in.csv"),
            ["x_0,x_1,x_2,x_3", .. Enumerable.Range(0, 5000).Select(i => $"{i},1,2,3")],
            Token
        );
        await JobCalls.StartAsync(silo, """{"id":"nightly","model":"mlp","input":"in.csv","output":"out.csv"}""");
        IPage page = await _browser!.OpenAsync();
        await page.GotoAsync($"{silo.Http.BaseAddress}#/jobs");
        ILocator job = page.Locator("tr", new PageLocatorOptions { HasText = "nightly" });

        await job.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Pause" }).ClickAsync();
        await JobCalls.UntilAsync(() => silo, "nightly", state => state.GetProperty("state").GetString() == "paused");
        await job.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Go on" }).ClickAsync();
        await JobCalls.UntilAsync(() => silo, "nightly", state => state.GetProperty("state").GetString() == "running");
        await Expect(job.GetByRole(AriaRole.Progressbar)).ToBeVisibleAsync();
        await page.ScreenshotAsync(
            new PageScreenshotOptions { Path = Path.Combine(Browser.Screenshots, "jobs-running.png"), FullPage = true }
        );
        await job.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Cancel" }).ClickAsync();

        await JobCalls.UntilAsync(
            () => silo,
            "nightly",
            state => state.GetProperty("state").GetString() == "cancelled"
        );
    }

    private static int Replicas(JsonElement state) =>
        state
            .GetProperty("models")[0]
            .GetProperty("replicas")
            .EnumerateArray()
            .Count(replica => replica.GetProperty("routed").GetBoolean());

    /// <summary>60 requests a second, of which one device answers 50.</summary>
    private static async Task LoadAsync(HttpClient http, CancellationToken stop)
    {
        List<Task> running = [];
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(1000.0 / 60));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                running.Add(http.PostAsync("/v2/models/mlp/infer", new StringContent(Body), stop));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end.
        }

        await Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
