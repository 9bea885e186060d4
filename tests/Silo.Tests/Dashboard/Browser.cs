using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace OrleansInference.Silo.Tests.Dashboard;

/// <summary>A headless Chromium of the system's.</summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly ConcurrentQueue<string> _problems = new();

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    /// <summary>Where it is; null where there is none.</summary>
    public static string? Path { get; } =
        (
            from folder in Environment.GetEnvironmentVariable("PATH")!.Split(System.IO.Path.PathSeparator)
            from name in s_names
            let path = System.IO.Path.Combine(folder, name)
            where File.Exists(path)
            select path
        ).FirstOrDefault();

    /// <summary>Where pictures of pages are kept.</summary>
    public static string Screenshots { get; } =
        Directory
            .CreateDirectory(
                System.IO.Path.Combine(OrleansInference.Tests.Shared.RepositoryRoot.Path, "TestResults", "screenshots")
            )
            .FullName;

    /// <summary>
    /// Skips the test where there is none; for a class whose every test needs it, from its <c>InitializeAsync</c>.
    /// </summary>
    public static void Require() => Assert.SkipWhen(Path is null, "Chromium is not installed");

    /// <summary>Starts it; skips the test where there is none.</summary>
    public static async Task<Browser> StartAsync()
    {
        Require();
        IPlaywright playwright = await Playwright.CreateAsync();
        return new Browser(
            playwright,
            await playwright.Chromium.LaunchAsync(
                new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = ["--no-sandbox", "--disable-gpu"] }
            )
        );
    }

    /// <summary>Opens a page of its own session.</summary>
    public async Task<IPage> OpenAsync(int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        IBrowserContext context = await _browser.NewContextAsync(
            new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = height },
                ColorScheme = scheme,
            }
        );
        context.SetDefaultTimeout(20_000);
        IPage page = await context.NewPageAsync();
        page.PageError += (_, error) => _problems.Enqueue($"error in the page: {error}");
        page.RequestFailed += (_, request) => _problems.Enqueue($"{request.Method} {request.Url}: {request.Failure}");
        page.Crash += (_, _) => _problems.Enqueue("the page crashed");
        return page;
    }

    /// <summary>
    /// Closes the pages of a test; of one that failed it keeps a picture, and says what its pages held and what went
    /// wrong in them.
    /// </summary>
    public async Task ClosePagesAsync()
    {
        bool failed = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach (IBrowserContext context in _browser.Contexts.ToArray())
        {
            if (failed)
            {
                foreach (IPage page in context.Pages)
                {
                    await KeepAsync(page);
                }
            }
            await context.CloseAsync();
        }

        if (failed)
        {
            foreach (string problem in _problems)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(problem);
            }
        }
        _problems.Clear();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await ClosePagesAsync();
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static async Task KeepAsync(IPage page)
    {
        await page.ScreenshotAsync(
            new PageScreenshotOptions
            {
                Path = System.IO.Path.Combine(Screenshots, $"failed-{TestContext.Current.TestMethod?.MethodName}.png"),
            }
        );
        TestContext.Current.TestOutputHelper?.WriteLine($"{page.Url}:{Environment.NewLine}{await page.ContentAsync()}");
    }
}
