using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace OrleansInference.Cli.Tests.Commands;

/// <summary>Answers each "METHOD path" with a fixed body, and anything else with 404.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public static async Task<FakeServer> StartAsync(Dictionary<string, (int Status, string Body)> answers)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.Run(context =>
        {
            (int status, string body) = answers.GetValueOrDefault(
                $"{context.Request.Method} {context.Request.Path}",
                (404, """{"error":"no such path"}""")
            );
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        await app.StartAsync();
        return new FakeServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
