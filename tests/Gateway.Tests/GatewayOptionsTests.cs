using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Theory]
    [InlineData("HttpPort", "0", "--http-port")]
    [InlineData("GrpcPort", "65536", "--grpc-port")]
    [InlineData("BindAddress", "::::", "Gateway:BindAddress")]
    [InlineData("BindAddress", "localhost", "Gateway:BindAddress")]
    [InlineData("MaxRequestBodyBytes", "0", "MaxRequestBodyBytes")]
    [InlineData("MaxBytesInFlight", "1048575", "Gateway:MaxBytesInFlight must be at least")]
    [InlineData("MaxConnections", "0", "MaxConnections")]
    [InlineData("ServerName", "", "ServerName")]
    public async Task Start_AValueOutOfRange_FailsAndNamesIt(string name, string value, string expected)
    {
        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            GatewayHost.StartAsync((name, value))
        );

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AServerName_IsInTheMetadata()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("ServerName", "triton"), ("ServerVersion", "2.0"));

        string metadata = await host.Http.GetStringAsync("/v2", TestContext.Current.CancellationToken);

        Assert.StartsWith("""{"name":"triton","version":"2.0",""", metadata, StringComparison.Ordinal);
    }
}
