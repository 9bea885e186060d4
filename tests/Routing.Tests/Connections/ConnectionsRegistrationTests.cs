using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Routing.Connections;

namespace OrleansInference.Routing.Tests.Connections;

public sealed class ConnectionsRegistrationTests
{
    private const string Port = "port";

    [Fact]
    public void AddTensorConnections_OrleansOwnSockets_AreReplaced()
    {
        ServiceCollection services = new();
        services.AddOptions();
        services.AddKeyedSingleton<IConnectionFactory, OtherTransport>(Port);

        services.AddTensorConnections();

        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.IsType<SocketConnector>(provider.GetRequiredKeyedService<IConnectionFactory>(Port));
    }

    [Fact]
    public void AddTensorConnections_SomebodyChoseATransport_StaysAsItIs()
    {
        ServiceCollection services = new();
        services.AddKeyedSingleton<IConnectionFactory>(Port, (_, _) => throw new InvalidOperationException());
        services.AddKeyedSingleton<IConnectionFactory, OtherTransport>(Port);

        services.AddTensorConnections();

        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.IsType<OtherTransport>(provider.GetRequiredKeyedService<IConnectionFactory>(Port));
    }

    private sealed class OtherTransport : IConnectionFactory
    {
        public ValueTask<ConnectionContext> ConnectAsync(
            System.Net.EndPoint endpoint,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();
    }
}
