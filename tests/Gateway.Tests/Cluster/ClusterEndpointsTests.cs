using System.Net;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Cluster;

public sealed class ClusterEndpointsTests : IAsyncLifetime
{
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _gateway = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task State_ShowsNodesAndPlan()
    {
        using JsonDocument state = JsonDocument.Parse(await _gateway.Http.GetStringAsync("/v2/cluster", Token));

        Assert.Equal(3, state.RootElement.GetProperty("epoch").GetInt32());
        Assert.Equal("n0", state.RootElement.GetProperty("nodes")[0].GetProperty("name").GetString());
        JsonElement model = state.RootElement.GetProperty("models")[0];
        Assert.Equal("n0", model.GetProperty("replicas")[0].GetProperty("node").GetString());
        Assert.False(model.GetProperty("replicas")[0].GetProperty("routed").GetBoolean());
        Assert.Equal("node 'n1' is too small", model.GetProperty("refusals")[0].GetString());
    }

    [Theory]
    [InlineData("/v2/cluster/nodes/n0/drain", "drain n0", 200)]
    [InlineData("/v2/cluster/nodes/n0/undrain", "undrain n0", 200)]
    [InlineData("/v2/cluster/nodes/n9/drain", "drain n9", 404)]
    [InlineData("/v2/cluster/models/m/unpin", "unpin m", 200)]
    public async Task Post_AsksTheDirector(string path, string expected, int status)
    {
        HttpResponseMessage response = await _gateway.Http.PostAsync(path, null, Token);

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal([expected], _gateway.Cluster.Asked);
    }

    [Fact]
    public async Task Pin_EveryMember_ReachesTheDirector()
    {
        HttpResponseMessage response = await _gateway.Http.PostAsync(
            "/v2/cluster/models/m/pin",
            new StringContent(
                """{"nodes":["a","b"],"weights":{"a":1,"b":2.5},"max_replicas":2,"load_balance":"round_robin","task_partition":false}"""
            ),
            Token
        );

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["a", "b"], _gateway.Cluster.Pin!.Nodes);
        Assert.Equal(2.5, _gateway.Cluster.Pin.Weights["b"]);
        Assert.Equal(
            (2, "round_robin", false),
            (_gateway.Cluster.Pin.MaxReplicas, _gateway.Cluster.Pin.LoadBalance, _gateway.Cluster.Pin.TaskPartition)
        );
    }

    [Theory]
    [InlineData("""{"node":"a"}""", "'node' is no member of a pin")]
    [InlineData("""{"nodes":[1]}""", "'nodes' must be an array of names")]
    [InlineData("""{"weights":{"a":"1"}}""", "'weights' must be an object of numbers")]
    [InlineData("""{"max_replicas":1.5}""", "'max_replicas'")]
    public async Task Pin_AWrongMember_IsNamed(string body, string expected)
    {
        HttpResponseMessage response = await _gateway.Http.PostAsync(
            "/v2/cluster/models/m/pin",
            new StringContent(body),
            Token
        );

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(_gateway.Cluster.Asked);
    }

    [Fact]
    public async Task Profile_ListsRunsByRows() =>
        Assert.Contains(
            """[{"rows":1,"seconds":0.25},{"rows":2,"seconds":0.5}]""",
            await (
                await _gateway.Http.PostAsync("/v2/cluster/nodes/n0/profile/m", null, Token)
            ).Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );

    [Fact]
    public async Task Tenants_AreListed() =>
        Assert.Contains(
            """{"tenant":"t","admitted":3,"over_quota":2,"over_share":1,"overloaded":0,"outstanding":0}""",
            await _gateway.Http.GetStringAsync("/v2/tenants", Token),
            StringComparison.Ordinal
        );
}
