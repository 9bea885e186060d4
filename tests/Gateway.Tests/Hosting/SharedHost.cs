using OrleansInference.Gateway.Tests.Hosting;

[assembly: AssemblyFixture(typeof(SharedHost))]

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>One gateway with default settings for all tests that change nothing about it.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public GatewayHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
