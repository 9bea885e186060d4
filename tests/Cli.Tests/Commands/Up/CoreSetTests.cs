using OrleansInference.Cli.Commands.Up;

namespace OrleansInference.Cli.Tests.Commands.Up;

public sealed class CoreSetTests
{
    [Theory]
    [InlineData(8, 3, new long[] { 0b111, 0b111000, 0b11000000 })]
    [InlineData(4, 4, new long[] { 1, 2, 4, 8 })]
    [InlineData(2, 3, new long[] { 0, 0, 0 })]
    [InlineData(64, 1, new long[] { -1 })]
    [InlineData(128, 2, new long[] { 0xFFFFFFFF, unchecked((long)0xFFFFFFFF00000000) })]
    public void Divide_Cores_AreDisjointOrShared(int cores, int silos, long[] masks) =>
        Assert.Equal(masks, CoreSet.Divide(cores, silos).Select(set => set.Mask));

    [Fact]
    public void Arguments_WithoutRedis_LaterSilosJoinTheFirst()
    {
        UpCommand.Settings settings = new()
        {
            Silos = 3,
            HttpPort = 9000,
            SiloPort = 100,
            GatewayPort = 200,
        };

        Assert.Equal(
            [
                "--name",
                "silo-0",
                "--http-port",
                "9000",
                "--grpc-port",
                "9001",
                "--silo-port",
                "100",
                "--gateway-port",
                "200",
            ],
            settings.Arguments(0, [])
        );
        Assert.Equal(
            [
                "--name",
                "silo-2",
                "--http-port",
                "9004",
                "--grpc-port",
                "9005",
                "--silo-port",
                "102",
                "--gateway-port",
                "202",
                "--join",
                "127.0.0.1:100",
                "--mode",
                "explicit",
            ],
            settings.Arguments(2, ["--mode", "explicit"])
        );
        Assert.Contains("--redis", new UpCommand.Settings { Redis = "h:1" }.Arguments(1, []));
    }
}
