using System.Text;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.SharedMemory;

/// <summary>System shared memory over HTTP.</summary>
public sealed class SystemSharedMemoryTests
{
    private static readonly (string, string) Allowed = ("AllowSharedMemory", "true");

    private static readonly byte[] Contents = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Register_ByDefault_IsNotAllowed()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using SharedMemoryFile memory = new(Contents);

        (int status, string body) = await RegisterAsync(host, "r", memory.Key, 0, 64);

        Assert.Equal(501, status);
        Assert.Contains("--Gateway:AllowSharedMemory=true", body, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "system_shared_memory",
            await host.Http.GetStringAsync("/v2", Token),
            StringComparison.Ordinal
        );
        Assert.Equal("[]", await host.Http.GetStringAsync("/v2/systemsharedmemory/status", Token));
    }

    [Fact]
    public async Task Infer_InputAndOutputInARegion_GoThroughIt()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        using SharedMemoryFile memory = new(Contents);
        Assert.Equal((200, ""), await RegisterAsync(host, "r", memory.Key, 8, 56));

        (int status, string body) = await InferAsync(host, Range("r", 4, 8), Range("r", 32, 16));

        Assert.Equal(200, status);
        Assert.Equal(Contents[12..20], memory.Contents[40..48]);
        Assert.Equal(Contents[..40], memory.Contents[..40]);
        Assert.Equal(Contents[48..], memory.Contents[48..]);
        Assert.Contains("\"shared_memory_region\":\"r\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"data\"", body, StringComparison.Ordinal);
        Assert.Contains("system_shared_memory", await host.Http.GetStringAsync("/v2", Token), StringComparison.Ordinal);
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData("nope", 0, 8, 404, "Unable to find shared memory region: 'nope'")]
    [InlineData("r", 60, 8, 400, "Invalid offset + byte size for shared memory region: 'r'")]
    [InlineData("r", 9223372036854775807, 8, 400, "Invalid offset for shared memory region")]
    [InlineData("r", 0, 9223372036854775807, 400, "Invalid offset + byte size")]
    [InlineData("r", -1, 8, 400, "'shared_memory_offset' must be a number of bytes")]
    public async Task Infer_ARangeThatIsNotThere_IsNamedForInputsAndOutputs(
        string region,
        long offset,
        long size,
        int status,
        string expected
    )
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        using SharedMemoryFile memory = new(Contents);
        await RegisterAsync(host, "r", memory.Key, 0, 64);

        foreach (
            (string input, string output) in new[]
            {
                (Range(region, offset, size), Range("r", 32, 16)),
                (Range("r", 0, 8), Range(region, offset, size)),
            }
        )
        {
            (int actual, string body) = await InferAsync(host, input, output);
            Assert.Equal(status, actual);
            Assert.Contains(expected, body, StringComparison.Ordinal);
        }

        Assert.Equal(Contents, memory.Contents);
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task Infer_AnOutputLargerThanItsRange_IsRefusedAndWritesNothing()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        using SharedMemoryFile memory = new(Contents);
        await RegisterAsync(host, "r", memory.Key, 0, 64);

        (int status, string body) = await InferAsync(host, Range("r", 0, 8), Range("r", 32, 7));

        Assert.Equal(400, status);
        Assert.Contains("(7 bytes) should be at least 8 bytes", body, StringComparison.Ordinal);
        Assert.Equal(Contents, memory.Contents);
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData(6)]
    [InlineData(36)]
    public async Task Infer_ARegionThatTheClientShortened_IsAnErrorAndTheServerServesOn(long length)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        using SharedMemoryFile memory = new(Contents);
        await RegisterAsync(host, "r", memory.Key, 0, 64);
        memory.Truncate(length);

        (int status, string body) = await InferAsync(host, Range("r", 0, 8), Range("r", 32, 8));

        Assert.Equal(400, status);
        Assert.Contains("'r' has become shorter than it was registered", body, StringComparison.Ordinal);
        Assert.Equal(length, memory.Contents.Length);
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("name")]
    [InlineData("/..")]
    [InlineData("/.")]
    [InlineData("/../etc/passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("/a\\u0000b")]
    public async Task Register_AKeyThatIsNoName_IsRefused(string key)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);

        (int status, string body) = await RegisterAsync(host, "r", key, 0, 1);

        Assert.Equal(400, status);
        Assert.Contains("must be '/NAME' without further slashes", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Register_WhatIsNotThere_IsToldApart()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);

        (int status, string body) = await RegisterAsync(host, "r", "/gateway-tests-none", 0, 1);

        Assert.Equal(500, status);
        Assert.Contains("Unable to open shared memory region: '/gateway-tests-none'", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Register_ALinkOutOfSharedMemory_IsNotFollowed()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        string target = Path.GetTempFileName();
        string link = $"/gateway-tests-{Guid.NewGuid():N}";
        await File.WriteAllTextAsync(target, "12345678", Token);
        File.CreateSymbolicLink("/dev/shm" + link, target);
        try
        {
            Assert.Equal(500, (await RegisterAsync(host, "r", link, 0, 8)).Status);
        }
        finally
        {
            File.Delete("/dev/shm" + link);
            File.Delete(target);
        }
    }

    [Theory]
    [InlineData(0, 65)]
    [InlineData(60, 5)]
    [InlineData(65, 1)]
    [InlineData(0, 0)]
    [InlineData(-1, 4)]
    [InlineData(1, 9223372036854775807)]
    public async Task Register_ARangeOutsideTheObject_IsRefused(long offset, long size)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        using SharedMemoryFile memory = new(Contents);

        (int status, string body) = await RegisterAsync(host, "r", memory.Key, offset, size);

        Assert.Equal(400, status);
        Assert.Contains("are not within the 64 bytes", body, StringComparison.Ordinal);
        Assert.Equal("[]", await host.Http.GetStringAsync("/v2/systemsharedmemory/status", Token));
    }

    [Fact]
    public async Task RegisterAndUnregister_SeveralRegions_AreListedAndForgotten()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(Allowed);
        using SharedMemoryFile memory = new(Contents);
        foreach (string name in new[] { "c", "a", "b" })
        {
            await RegisterAsync(host, name, memory.Key, 0, 64);
        }

        Assert.Contains(
            "shared memory region 'a' already in manager",
            (await RegisterAsync(host, "a", memory.Key, 0, 8)).Body,
            StringComparison.Ordinal
        );
        Assert.Equal(["a", "b", "c"], await StatusAsync(host, ""));
        Assert.Equal(["b"], await StatusAsync(host, "/region/b"));
        await PostAsync(host, "/v2/systemsharedmemory/region/a/unregister", "");
        Assert.Equal(["b", "c"], await StatusAsync(host, ""));
        using HttpResponseMessage missing = await host.Http.GetAsync("/v2/systemsharedmemory/region/a/status", Token);
        Assert.Equal(404, (int)missing.StatusCode);
        Assert.Equal((200, ""), await PostAsync(host, "/v2/systemsharedmemory/region/a/unregister", ""));
        Assert.Equal((200, ""), await PostAsync(host, "/v2/systemsharedmemory/unregister", ""));
        Assert.Empty(await StatusAsync(host, ""));
        Assert.Equal(404, (await InferAsync(host, Range("b", 0, 8), Range("b", 8, 8))).Status);
        Assert.Equal((200, ""), await RegisterAsync(host, "a", memory.Key, 0, 8));
    }

    private static async Task<string[]> StatusAsync(GatewayHost host, string region)
    {
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(
            await host.Http.GetStringAsync($"/v2/systemsharedmemory{region}/status", Token)
        );
        return [.. json.RootElement.EnumerateArray().Select(one => one.GetProperty("name").GetString()!)];
    }

    private static string Range(string region, long offset, long size) =>
        $$"""{"shared_memory_region":"{{region}}","shared_memory_offset":{{offset}},"shared_memory_byte_size":{{size}}}""";

    private static Task<(int Status, string Body)> RegisterAsync(
        GatewayHost host,
        string region,
        string key,
        long offset,
        long size
    ) =>
        PostAsync(
            host,
            $"/v2/systemsharedmemory/region/{region}/register",
            $$"""{"key":"{{key}}","offset":{{offset}},"byte_size":{{size}}}"""
        );

    private static Task<(int Status, string Body)> InferAsync(GatewayHost host, string input, string output) =>
        PostAsync(
            host,
            "/v2/models/echo/infer",
            $$"""{"inputs":[{"name":"x","shape":[8],"datatype":"UINT8","parameters":{{input}}}],"outputs":[{"name":"x","parameters":{{output}}}]}"""
        );

    private static async Task<(int Status, string Body)> PostAsync(GatewayHost host, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Http.PostAsync(path, content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
