using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Agent;

public sealed class PolicyEndpointsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_PromotedAndRolledBack_AreListed()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        foreach (string report in new[] { "first", "second" })
        {
            (
                await host.Http.PostAsJsonAsync(
                    "/v2/agent/policies",
                    new { file = Convert.ToBase64String([1, 2]), report },
                    Token
                )
            ).EnsureSuccessStatusCode();
        }
        JsonElement both = await host.Http.GetFromJsonAsync<JsonElement>("/v2/agent/policies", Token);
        JsonElement back = await (
            await host.Http.PostAsync("/v2/agent/policies/rollback", null, Token)
        ).Content.ReadFromJsonAsync<JsonElement>(Token);
        JsonElement none = await (
            await host.Http.PostAsync("/v2/agent/policies/rollback", null, Token)
        ).Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal(
            ["first", "second"],
            both.GetProperty("policies").EnumerateArray().Select(policy => policy.GetProperty("report").GetString()!)
        );
        Assert.Equal((1, "first"), (back.GetProperty("number").GetInt64(), back.GetProperty("report").GetString()));
        Assert.Equal(0, none.GetProperty("number").GetInt64());
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData("{}", "'file' is missing")]
    [InlineData("{\"file\": 1}", "'file' is not allowed here")]
    [InlineData("{\"file\": \"*\"}", "'file' is not allowed here")]
    [InlineData("{\"other\": \"x\"}", "'other' is not allowed here")]
    [InlineData("{\"file\": \"\"}", "the policy is not an ONNX file")]
    public async Task Promote_ABadBody_Is400AndSaysWhy(string body, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        HttpResponseMessage response = await host.Http.PostAsync("/v2/agent/policies", new StringContent(body), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        await host.StopAndCheckAsync();
    }
}
