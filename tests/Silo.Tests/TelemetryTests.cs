using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary>What leaves over OTLP, received by a collector in this process.</summary>
public sealed class TelemetryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("OTEL_SERVICE_NAME=shop-models", "shop-models")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES=service.name=ad-models", "ad-models")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES=a=b", "orleans-inference")]
    public async Task Metrics_TheServicesName_IsTheEnvironmentsWhereItSaysOne(string variable, string expected)
    {
        TaskCompletionSource<string> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication collector = builder.Build();
        collector.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            // Texts of protobuf are UTF-8 as they are.
            received.TrySetResult(Encoding.UTF8.GetString(body.ToArray()));
        });
        await collector.StartAsync(Token);

        await using SiloProcess silo = await SiloProcess.StartByAsync(
            [
                "env",
                variable,
                $"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Urls.Single()}",
                "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
                "OTEL_METRIC_EXPORT_INTERVAL=200",
            ],
            RepositoryRoot.File("models")
        );

        Assert.Contains(
            expected,
            await received.Task.WaitAsync(TimeSpan.FromSeconds(60), Token),
            StringComparison.Ordinal
        );
    }
}
