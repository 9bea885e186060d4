using Microsoft.Playwright;

namespace OrleansInference.Silo.Tests.Dashboard;

/// <summary>A headless Chromium of the system's.</summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Where it is; null where there is none.</summary>
    public static string? Path { get; } = (from folder in Environment.GetEnvironmentVariable("PATH")!.Split(System.IO.Path.PathSeparator)
                                           from name in s_names
                                           let path = System.IO.Path.Combine(folder, name)
                                           where File.Exists(path)
                                           select path).FirstOrDefault();

    /// <summary>Where pictures of pages are kept.</summary>
    public static string Screenshots { get; } = Directory.CreateDirectory(System.IO.Path.Combine(OrleansInference.Tests.Shared.RepositoryRoot.Path, "TestResults", "screenshots")).FullName;

    /// <summary>Starts it.</summary>
    public static async Task<Browser> StartAsync()
    {
        Assert.SkipWhen(Path is null, "Chromium is not installed");
        IPlaywright playwright = await Playwright.CreateAsync();
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = ["--no-sandbox", "--disable-gpu"] }));
    }

    /// <summary>Opens a page of its own session.</summary>
    public async Task<IPage> OpenAsync(int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = scheme });
        context.SetDefaultTimeout(20_000);
        return await context.NewPageAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
