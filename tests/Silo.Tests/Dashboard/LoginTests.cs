using Microsoft.Playwright;
using OrleansInference.Onnx.Samples;
using static Microsoft.Playwright.Assertions;

namespace OrleansInference.Silo.Tests.Dashboard;

/// <summary>The dashboard of a server that asks for keys.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly string _keys = Path.GetTempFileName();
    private SiloProcess? _silo;
    private Browser? _browser;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Browser.Require();
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f), Token);
        await File.WriteAllTextAsync(_keys, "key-of-admin ops role=admin\nkey-of-viewer view role=operate\n", Token);
        _silo = await SiloProcess.StartAsync(_models, ["--api-key-file", _keys]);
        _browser = await Browser.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }
        Directory.Delete(_models, recursive: true);
        File.Delete(_keys);
    }

    [Fact]
    public async Task LogIn_WrongThenRight_ShowsTheClusterAndLogOutHidesIt()
    {
        IPage page = await _browser!.OpenAsync();
        await page.GotoAsync(_silo!.Http.BaseAddress!.ToString());

        await page.GetByLabel("API key or access token").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no valid key");
        await page.GetByLabel("API key or access token").FillAsync("key-of-admin");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log in" }).ClickAsync();
        await Expect(page.Locator("[data-node]")).ToBeVisibleAsync();
        Assert.DoesNotContain(
            "key-of-admin",
            await page.EvaluateAsync<string>("document.cookie"),
            StringComparison.Ordinal
        );
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log out" }).ClickAsync();

        await Expect(page.GetByLabel("API key or access token")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Act_WithoutTheRole_IsRefusedAndSaysWhy()
    {
        IPage page = await _browser!.OpenAsync();
        await page.GotoAsync($"{_silo!.Http.BaseAddress}#/agent");
        await page.GetByLabel("API key or access token").FillAsync("key-of-viewer");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log in" }).ClickAsync();

        await page.GetByLabel("Mode").SelectOptionAsync("off");

        await Expect(page.Locator(".notice.bad")).ToContainTextAsync("this needs the role admin");
    }

    [Fact]
    public async Task Revoked_AKeysLogIn_EndsWithTheKey()
    {
        IPage page = await _browser!.OpenAsync();
        await page.GotoAsync(_silo!.Http.BaseAddress!.ToString());
        await page.GetByLabel("API key or access token").FillAsync("key-of-admin");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log in" }).ClickAsync();
        await Expect(page.Locator("[data-node]")).ToBeVisibleAsync();

        await File.WriteAllTextAsync(_keys, "another-key ops role=admin\n", Token);

        await Expect(page.GetByLabel("API key or access token")).ToBeVisibleAsync();
    }
}
