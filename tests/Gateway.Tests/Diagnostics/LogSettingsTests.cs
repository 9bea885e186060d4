using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Diagnostics;

public sealed class LogSettingsTests
{
    private const string Defaults =
        """{"log_file":"","log_info":true,"log_warning":true,"log_error":true,"log_verbose_level":0,"log_format":"default"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"log_verbose_level":1}""", LogLevel.Debug)]
    [InlineData("""{"log_info":true}""", LogLevel.Information)]
    [InlineData("""{"log_info":false}""", LogLevel.Warning)]
    [InlineData("""{"log_info":false,"log_warning":false}""", LogLevel.Error)]
    [InlineData("""{"log_info":false,"log_warning":false,"log_error":false}""", LogLevel.None)]
    public async Task Settings_AChange_MovesTheLowestLevelThatIsLogged(string change, LogLevel expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, _) = await PostAsync(host, change);

        Assert.Equal(200, status);
        ILogger logger = host.Logger("OrleansInference.Gateway");
        LogLevel lowest = Enum.GetValues<LogLevel>().First(level => level == LogLevel.None || logger.IsEnabled(level));
        Assert.Equal(expected, lowest);
    }

    [Fact]
    public async Task Settings_ChangedAndChangedBack_AreAsBefore()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        Assert.Equal(Defaults, await host.Http.GetStringAsync("/v2/logging", Token));

        (_, string changed) = await PostAsync(
            host,
            """{"log_info":false,"log_verbose_level":2,"log_format":"ISO8601"}"""
        );
        (_, string back) = await PostAsync(host, """{"log_info":true,"log_verbose_level":0,"log_format":"default"}""");

        Assert.Equal(
            """{"log_file":"","log_info":false,"log_warning":true,"log_error":true,"log_verbose_level":2,"log_format":"ISO8601"}""",
            changed
        );
        Assert.Equal(Defaults, back);
    }

    [Theory]
    [InlineData("""{"log_file":"x"}""", "log file location can not be updated")]
    [InlineData("""{"log_info":"yes"}""", "log_info must be true or false")]
    [InlineData("""{"log_verbose_level":-1}""", "log_verbose_level must be a whole number, 0 or more")]
    [InlineData("""{"log_format":"json"}""", "log_format must be default or ISO8601")]
    [InlineData("""{"mine":1}""", "unknown log setting 'mine'")]
    [InlineData("""{"log_info":null}""", "'log_info' must be")]
    [InlineData("""{"log_info":false,"log_format":"json"}""", "log_format must be")]
    public async Task Settings_ABadChange_Is400AndChangesNothing(string change, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string body) = await PostAsync(host, change);

        Assert.Equal(400, status);
        Assert.Contains(expected, body, StringComparison.Ordinal);
        Assert.Equal(Defaults, await host.Http.GetStringAsync("/v2/logging", Token));
    }

    [Fact]
    public async Task Settings_OverGrpc_AreTheSame()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        LogSettingsRequest request = new();
        request.Settings["log_info"] = new() { BoolParam = false };
        request.Settings["log_verbose_level"] = new() { Uint32Param = 3 };
        request.Settings["log_format"] = new() { StringParam = "ISO8601" };

        LogSettingsResponse response = await host.Grpc.LogSettingsAsync(request, cancellationToken: Token);
        request.Settings["log_error"] = new() { Uint32Param = 1 };
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.LogSettingsAsync(request, cancellationToken: Token)
        );

        Assert.Equal(
            (false, 3u, "ISO8601", ""),
            (
                response.Settings["log_info"].BoolParam,
                response.Settings["log_verbose_level"].Uint32Param,
                response.Settings["log_format"].StringParam,
                response.Settings["log_file"].StringParam
            )
        );
        Assert.Equal(
            (StatusCode.InvalidArgument, "log_error must be true or false"),
            (refused.StatusCode, refused.Status.Detail)
        );
    }

    private static async Task<(int Status, string Body)> PostAsync(GatewayHost host, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Http.PostAsync("/v2/logging", content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
