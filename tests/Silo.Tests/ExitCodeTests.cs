using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansInference.Silo.Tests;

public sealed class ExitCodeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Of_AServiceThatFailsOrEnds_SaysWhich(bool fails, int expected)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton<IHostedService>(services => new Ends(
            services.GetRequiredService<IHostApplicationLifetime>(),
            fails
        ));
        IHost host = builder.Build();
        IHostedService[] services = [.. host.Services.GetServices<IHostedService>()];

        await host.RunAsync(Token);

        Assert.Equal(expected, ExitCode.Of(services));
    }

    private sealed class Ends(IHostApplicationLifetime lifetime, bool fails) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            if (fails)
            {
                throw new InvalidOperationException("a part of the server fails");
            }
            lifetime.StopApplication();
        }
    }
}
