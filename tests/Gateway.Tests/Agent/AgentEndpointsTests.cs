using System.Net;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Gateway.Tests.Agent;

public sealed class AgentEndpointsTests : IAsyncLifetime
{
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _gateway = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task State_ShowsModeAndDecisionsNewestFirst()
    {
        using JsonDocument state = JsonDocument.Parse(await _gateway.Http.GetStringAsync("/v2/agent", Token));

        Assert.Equal("advise", state.RootElement.GetProperty("mode").GetString());
        JsonElement[] decisions = [.. state.RootElement.GetProperty("decisions").EnumerateArray()];
        Assert.Equal([2, 1], decisions.Select(decision => decision.GetProperty("id").GetInt32()));
        Assert.Equal("rolled_back", decisions[1].GetProperty("outcome").GetString());
        Assert.Equal("keep", decisions[1].GetProperty("candidates")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("?model=m", new[] { 1 })]
    [InlineData("?node=n0", new[] { 2 })]
    [InlineData("?model=nobody", new int[0])]
    [InlineData("?limit=1", new[] { 2 })]
    public async Task State_AFilter_ShowsWhatItAsksFor(string query, int[] expected)
    {
        using JsonDocument state = JsonDocument.Parse(await _gateway.Http.GetStringAsync($"/v2/agent{query}", Token));

        Assert.Equal(
            expected,
            state
                .RootElement.GetProperty("decisions")
                .EnumerateArray()
                .Select(decision => decision.GetProperty("id").GetInt32())
        );
    }

    [Theory]
    [InlineData("/v2/agent/decisions/2/approve", "", "approve 2", 200)]
    [InlineData("/v2/agent/decisions/2/refuse", "", "refuse 2", 200)]
    [InlineData("/v2/agent/decisions/7/approve", "", "approve 7", 404)]
    [InlineData("/v2/agent/resume", "", "resume", 200)]
    [InlineData("/v2/agent/mode", """{"mode":"shadow"}""", "mode Shadow", 200)]
    [InlineData("/v2/cluster/nodes/n0/search/m?version=3", "", "search n0 m 3", 200)]
    [InlineData("/v2/cluster/nodes/n0/measure/m?rows=8&instances=2", "", "measure n0 m  8 1 2", 200)]
    public async Task Post_AsksTheDirector(string path, string body, string expected, int status)
    {
        HttpResponseMessage response = await _gateway.Http.PostAsync(path, new StringContent(body), Token);

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal([expected], _gateway.Cluster.Asked);
    }

    [Theory]
    [InlineData("/v2/agent/mode", """{"mode":"wild"}""", "act, advise, shadow, off")]
    [InlineData("/v2/agent/mode", "{}", "act, advise, shadow, off")]
    [InlineData("/v2/agent/mode", """{"speed":1}""", "speed")]
    [InlineData("/v2/agent/decisions/x/approve", "", "no decision's number")]
    [InlineData("/v2/cluster/models/m/pin", """{"mode":"wild"}""", "act, advise, shadow, off")]
    [InlineData("/v2/cluster/nodes/n0/measure/m?rows=x", "", "rows is 'x'; a number from 1 on is allowed")]
    public async Task Post_SomethingWrong_SaysWhatIsAllowed(string path, string body, string expected)
    {
        HttpResponseMessage response = await _gateway.Http.PostAsync(path, new StringContent(body), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(_gateway.Cluster.Asked);
    }

    [Fact]
    public async Task Search_AnswersWhatWasTriedAndWhy()
    {
        HttpResponseMessage response = await _gateway.Http.PostAsync("/v2/cluster/nodes/n0/search/m", null, Token);

        using JsonDocument profile = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        Assert.Equal("it batches", profile.RootElement.GetProperty("reason").GetString());
        Assert.Equal(32, profile.RootElement.GetProperty("chosen").GetProperty("max_rows").GetInt32());
        Assert.Equal(90, profile.RootElement.GetProperty("tried")[0].GetProperty("goodput_per_second").GetDouble());
    }

    [Fact]
    public async Task Pin_AMode_ReachesTheDirector()
    {
        await _gateway.Http.PostAsync("/v2/cluster/models/m/pin", new StringContent("""{"mode":"off"}"""), Token);

        Assert.Equal(AgentMode.Off, _gateway.Cluster.Pin!.Mode);
    }

    [Fact]
    public async Task Stream_AChange_IsSent()
    {
        using HttpResponseMessage response = await _gateway.Http.GetAsync(
            "/v2/agent/stream",
            HttpCompletionOption.ResponseHeadersRead,
            Token
        );
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(Token));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("\"revision\":1", await NextAsync(reader), StringComparison.Ordinal);
        _gateway.Cluster.Agent = _gateway.Cluster.Agent with { Revision = 2, Attainment = 0.5 };
        Assert.Contains("\"revision\":2", await NextAsync(reader), StringComparison.Ordinal);
    }

    private static async Task<string> NextAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return "";
    }
}
