using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Silo.Shutdown;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests.Shutdown;

public sealed class GracefulStopTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_WhileTheNodeDrains_StopsNothingElse()
    {
        FakeDrain drain = new();
        Recorder served = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder
            .Services.AddGracefulStop()
            .AddSingleton<INodeDrain>(drain)
            .AddLogging()
            .AddSingleton<IHostedService>(served);
        using IHost host = builder.Build();
        await host.StartAsync(Token);

        Task stop = host.StopAsync(Token);
        await drain.Begun.Task.WaitAsync(Token);

        Assert.True(drain.IsAnnounced);
        Assert.False(served.Stopped.Task.IsCompleted);
        drain.End.SetResult();
        await stop;
        await served.Stopped.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task ApplicationStopping_BeforeAnythingWaits_IsAnnounced()
    {
        FakeDrain drain = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddGracefulStop().AddSingleton<INodeDrain>(drain).AddLogging();
        using IHost host = builder.Build();
        await host.StartAsync(Token);

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.True(drain.IsAnnounced);
        Assert.False(drain.Begun.Task.IsCompleted);
        drain.End.SetResult();
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task HostedServices_OfTheSilo_StopFromTheWebServerToTheEngine()
    {
        int[] ports = FreePorts.Take(4);
        await using WebApplication app = SiloApplication.Build([
            "--http-port",
            $"{ports[0]}",
            "--grpc-port",
            $"{ports[1]}",
            "--silo-port",
            $"{ports[2]}",
            "--gateway-port",
            $"{ports[3]}",
        ]);

        string[] stopped =
        [
            .. app.Services.GetServices<IHostedService>().Select(service => service.GetType().Name).Reverse(),
        ];

        string[] expected = ["GenericWebHostService", "ClusterWatch", "SiloHostedService", "EngineService"];
        Assert.Equal(expected, stopped.Where(expected.Contains));
        HostOptions host = app.Services.GetRequiredService<IOptions<HostOptions>>().Value;
        Assert.Equal((TimeSpan.FromSeconds(60), false), (host.ShutdownTimeout, host.ServicesStopConcurrently));
    }

    private sealed class FakeDrain : INodeDrain
    {
        public bool IsAnnounced { get; private set; }

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Announce() => IsAnnounced = true;

        public Task BeginAsync(CancellationToken cancellationToken)
        {
            Begun.SetResult();
            return End.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class Recorder : IHostedService
    {
        public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Stopped.SetResult();
            return Task.CompletedTask;
        }
    }
}
