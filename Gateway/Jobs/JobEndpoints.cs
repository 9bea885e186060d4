using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Gateway.Jobs;

/// <summary>
/// <c>/v2/jobs</c>: POST starts a bulk job, GET lists them; <c>/v2/jobs/{id}</c> and
/// <c>/v2/jobs/{id}/pause|resume|cancel</c>.
/// </summary>
internal sealed class JobEndpoints(IBulkJobs jobs, JsonAnswer answer)
{
    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapOnly([HttpMethods.Get, HttpMethods.Post], "/v2/jobs", ListOrStartAsync);
        app.MapOnly(HttpMethods.Get, "/v2/jobs/{id}", GetAsync);
        app.MapOnly(HttpMethods.Post, "/v2/jobs/{id}/pause", PauseAsync);
        app.MapOnly(HttpMethods.Post, "/v2/jobs/{id}/resume", ResumeAsync);
        app.MapOnly(HttpMethods.Post, "/v2/jobs/{id}/cancel", CancelAsync);
    }

    /// <summary>Lists jobs or starts one.</summary>
    public Task ListOrStartAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "jobs",
            async () =>
            {
                if (HttpMethods.IsPost(context.Request.Method))
                {
                    (string id, BulkJobSpec spec) = await JobRequest.ReadAsync(context);
                    await WriteAsync(context, await jobs.StartAsync(id, spec));
                    return;
                }

                IReadOnlyList<BulkJobStatus> all = await jobs.ListAsync();
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray("jobs");
                        foreach (BulkJobStatus job in all)
                        {
                            JobAnswer.Write(json, job);
                        }
                        json.WriteEndArray();
                    }
                );
            }
        );

    /// <summary>
    /// Answers how far a job is; with <c>?after=CHANGE</c> as soon as its <c>change</c> is another, or after 10 s.
    /// </summary>
    public Task GetAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "job",
            async () =>
            {
                string after = context.Request.Query["after"].ToString();
                if (after.Length == 0)
                {
                    await WriteAsync(context, await jobs.GetAsync(Id(context)));
                }
                else if (long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out long change))
                {
                    await WriteAsync(context, await jobs.WaitAsync(Id(context), change));
                }
                else
                {
                    throw RequestJson.Invalid($"after is '{after}'; a job's change is allowed");
                }
            }
        );

    /// <summary>Pauses a job.</summary>
    public Task PauseAsync(HttpContext context) => ChangeAsync(context, jobs.PauseAsync);

    /// <summary>Has a paused job go on.</summary>
    public Task ResumeAsync(HttpContext context) => ChangeAsync(context, jobs.ResumeAsync);

    /// <summary>Cancels a job.</summary>
    public Task CancelAsync(HttpContext context) => ChangeAsync(context, jobs.CancelAsync);

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static Task WriteAsync(HttpContext context, BulkJobStatus job) =>
        JsonAnswer.WriteAsync(context, json => JobAnswer.Write(json, job));

    private Task ChangeAsync(HttpContext context, Func<string, Task<BulkJobStatus>> change) =>
        answer.AnsweredAsync(context, "job", async () => await WriteAsync(context, await change(Id(context))));
}
