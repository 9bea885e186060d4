using System.Text;
using System.Text.Json;

namespace OrleansInference.Silo.Tests.Jobs;

/// <summary>Jobs through any silo of a cluster that answers.</summary>
internal static class JobCalls
{
    public static async Task StartAsync(SiloProcess silo, string body)
    {
        using HttpResponseMessage response = await silo.Http.PostAsync(
            "/v2/jobs",
            new StringContent(body, Encoding.UTF8, "application/json")
        );
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>
    /// Waits until a job satisfies a condition; a silo that is gone, or has just come, is asked again.
    /// </summary>
    public static async Task<JsonElement> UntilAsync(Func<SiloProcess> silo, string id, Func<JsonElement, bool> reached)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(10));
        string last = "";
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            try
            {
                using HttpResponseMessage response = await silo().Http.GetAsync($"/v2/jobs/{id}", limit.Token);
                last = await response.Content.ReadAsStringAsync(limit.Token);
                if (!response.IsSuccessStatusCode)
                {
                    continue;
                }
                using JsonDocument job = JsonDocument.Parse(last);
                string state = job.RootElement.GetProperty("state").GetString()!;
                Assert.True(state != "failed", last);
                if (reached(job.RootElement))
                {
                    return job.RootElement.Clone();
                }
            }
            catch (HttpRequestException)
            {
                // It is being killed or started.
            }
        }

        throw new TimeoutException(last);
    }

    public static Task<JsonElement> EndAsync(Func<SiloProcess> silo, string id) =>
        UntilAsync(silo, id, job => job.GetProperty("state").GetString() == "completed");
}
