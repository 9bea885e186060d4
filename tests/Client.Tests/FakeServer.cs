using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansInference.Client.Tests;

/// <summary>
/// An HTTP server in this process that answers each request as the test says, and keeps the last one.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    public string Path { get; private set; } = "";

    public byte[] Body { get; private set; } = [];

    public string? JsonLength { get; private set; }

    public static async Task<FakeServer> StartAsync(Func<HttpContext, Task> answer, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        FakeServer server = new(app);
        app.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            server.Path = context.Request.Path;
            server.Body = body.ToArray();
            server.JsonLength = context.Request.Headers["Inference-Header-Content-Length"];
            await answer(context);
        });
        await app.StartAsync(cancellationToken);
        server.Address = new Uri(app.Urls.Single());
        return server;
    }

    /// <summary>A server whose every answer is this text.</summary>
    public static Task<FakeServer> StartAsync(int status, string body, CancellationToken cancellationToken) =>
        StartAsync(
            context =>
            {
                context.Response.StatusCode = status;
                return context.Response.WriteAsync(body, context.RequestAborted);
            },
            cancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
