using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Tests.Repository;

public sealed class RepositoryEndpointsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"ready":false,"more":{"a":[1]}}""")]
    public async Task Index_AllModels_OmitsWhatIsNotKnown(string body)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string answer) = await PostAsync(host, "/v2/repository/index", body);

        Assert.Equal(200, status);
        using JsonDocument json = JsonDocument.Parse(answer);
        Assert.Equal(
            """[{"name":"broken","version":"1","state":"UNAVAILABLE","reason":"no such \u0022operator\u0022"},{"name":"echo","version":"3","state":"READY"},{"name":"idle"}]""",
            answer
        );
    }

    [Fact]
    public async Task Index_ReadyOnly_ListsTheReadyOnes()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        Assert.Equal(
            (200, """[{"name":"echo","version":"3","state":"READY"}]"""),
            await PostAsync(host, "/v2/repository/index", """{"ready":true}""")
        );
    }

    [Theory]
    [InlineData("/v2/repository/index", """{"ready":1}""", 400, "'ready': expected a boolean")]
    [InlineData("/v2/repository/index", "[]", 400, "must be a JSON object")]
    [InlineData("/v2/repository/index", "{\"ready\":", 400, "not valid JSON")]
    [InlineData("/v2/repository/models/m/load", """{"parameters":{"config":{}}}""", 400, "'config' must be a text")]
    [InlineData(
        "/v2/repository/models/m/load",
        """{"parameters":{"config":"{}","file:1/model.onnx":"%%"}}""",
        400,
        "'file:1/model.onnx' must be a text in base64"
    )]
    [InlineData(
        "/v2/repository/models/m/load",
        """{"parameters":{"file:1/model.onnx":7}}""",
        400,
        "must be a text in base64"
    )]
    [InlineData("/v2/repository/models/m/load", "{", 400, "not valid JSON")]
    [InlineData("/v2/repository/models/broken/load", "", 500, "failed to load 'broken'")]
    [InlineData("/v2/repository/models/throws/load", "", 500, "")]
    [InlineData(
        "/v2/repository/models/m/unload",
        """{"parameters":{"unload_dependents":"yes"}}""",
        400,
        "'unload_dependents' must be true or false"
    )]
    [InlineData("/v2/repository/models/broken/unload", "", 500, "failed to unload 'broken'")]
    public async Task Post_WhatCannotBeDone_IsNamed(string path, string body, int status, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int actual, string answer) = await PostAsync(host, path, body);

        Assert.Equal(status, actual);
        using JsonDocument json = JsonDocument.Parse(answer);
        Assert.Contains(expected, json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer, StringComparison.Ordinal);
        Assert.All(host.Repository.Loads, load => Assert.NotEqual("m", load.Model));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"parameters":{"mine":[1,{"config":"x"}]},"other":{"config":"x"}}""")]
    public async Task Load_WithoutParameters_ReplacesNothing(string body)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        Assert.Equal((200, ""), await PostAsync(host, "/v2/repository/models/my%20model/load", body));

        Assert.Equal([("my model", null)], host.Repository.Loads);
    }

    [Fact]
    public async Task Load_ConfigAndFiles_ReachTheRepository()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        byte[] file = new byte[100_000];
        new Random(6).NextBytes(file);
        string body = JsonSerializer.Serialize(
            new
            {
                parameters = new Dictionary<string, string>
                {
                    ["config"] = """{"backend":"onnxruntime"}""",
                    ["file:1/model.onnx"] = Convert.ToBase64String(file),
                    ["file:2/labels.txt"] = "",
                },
            }
        );

        Assert.Equal((200, ""), await PostAsync(host, "/v2/repository/models/new/load", body));

        (string model, ModelOverride? replacement) = Assert.Single(host.Repository.Loads);
        Assert.Equal(("new", """{"backend":"onnxruntime"}"""), (model, replacement!.ConfigJson));
        Assert.Equal(["1/model.onnx", "2/labels.txt"], replacement.Files.Keys.Order());
        Assert.Equal(file, replacement.Files["1/model.onnx"].ToArray());
    }

    [Fact]
    public async Task Load_MoreThanTheInferenceLimitButWithinItsOwn_IsTaken()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(
            ("MaxModelUploadBytes", $"{GatewayHost.BodyLimit * 4}")
        );

        (int status, _) = await PostAsync(
            host,
            "/v2/repository/models/new/load",
            "{\"parameters\":{\"config\":\"{}\",\"file:1/m\":\"" + new string('A', GatewayHost.BodyLimit * 2) + "\"}}"
        );

        Assert.Equal(200, status);
        Assert.Equal(
            GatewayHost.BodyLimit * 2 / 4 * 3,
            Assert.Single(host.Repository.Loads).Replacement!.Files["1/m"].Length
        );
    }

    [Fact]
    public async Task Load_MoreThanItsLimit_Is413AndTheServerServesOn()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("MaxModelUploadBytes", "100000"));

        (int status, string answer) = await PostAsync(host, "/v2/repository/models/new/load", new string(' ', 200_000));

        Assert.Equal(413, status);
        Assert.Contains("exceeds the maximum allowed input size of 100000 bytes", answer, StringComparison.Ordinal);
        Assert.Equal(200, (await PostAsync(host, "/v2/repository/models/new/load", "")).Status);
        Assert.Single(host.Repository.Loads);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("""{"parameters":{"unload_dependents":true}}""", true)]
    [InlineData("""{"parameters":{"unload_dependents":false,"mine":1}}""", false)]
    [InlineData("""{"unload_dependents":true}""", false)]
    public async Task Unload_WithOrWithoutDependents_ReachesTheRepository(string body, bool dependents)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        Assert.Equal((200, ""), await PostAsync(host, "/v2/repository/models/echo/unload", body));

        Assert.Equal([("echo", dependents)], host.Repository.Unloads);
    }

    private static async Task<(int Status, string Body)> PostAsync(GatewayHost host, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Http.PostAsync(path, content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
