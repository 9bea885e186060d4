using System.Text;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.SharedMemory;

/// <summary>CUDA shared memory over HTTP: nothing to list, nothing to register.</summary>
public sealed class CudaSharedMemoryTests(SharedHost shared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        """{"raw_handle":{"b64":"AAAA"},"device_id":0,"byte_size":8}""",
        501,
        "CUDA shared memory is not served here"
    )]
    [InlineData(
        """{"raw_handle":{"b64":""},"device_id":0,"byte_size":8}""",
        400,
        "an IPC handle and a size over 0 are needed"
    )]
    [InlineData("""{"raw_handle":{"b64":"AAAA"},"byte_size":0}""", 400, "an IPC handle and a size over 0 are needed")]
    [InlineData("", 400, "an IPC handle and a size over 0 are needed")]
    [InlineData("""{"byte_size":"8"}""", 400, "'byte_size' must be a whole number")]
    public async Task Register_Always_IsRefusedWithItsReason(string body, int status, string expected)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await shared.Host.Http.PostAsync(
            "/v2/cudasharedmemory/region/r/register",
            content,
            Token
        );

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/region/r")]
    public async Task StatusAndUnregister_Always_AreEmptySuccesses(string region)
    {
        using HttpResponseMessage response = await shared.Host.Http.PostAsync(
            $"/v2/cudasharedmemory{region}/unregister",
            null,
            Token
        );

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("[]", await shared.Host.Http.GetStringAsync($"/v2/cudasharedmemory{region}/status", Token));
    }
}
