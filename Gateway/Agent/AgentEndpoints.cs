using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Agent;

/// <summary><c>/v2/agent</c>: the agent's state and decisions, and the calls by which operators control it.</summary>
internal sealed class AgentEndpoints(IClusterControl cluster, JsonAnswer answer, TimeProvider time)
{
    private const int MostDecisions = 1000;
    private const int HeartbeatLooks = 15;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapOnly(HttpMethods.Get, "/v2/agent", StateAsync);
        app.MapOnly(HttpMethods.Get, "/v2/agent/stream", StreamAsync);
        app.MapOnly(HttpMethods.Get, "/v2/agent/scores", ScoresAsync);
        app.MapOnly(HttpMethods.Post, "/v2/agent/mode", ModeAsync);
        app.MapOnly(HttpMethods.Post, "/v2/agent/resume", ResumeAsync);
        app.MapOnly(
            HttpMethods.Post,
            "/v2/agent/decisions/{id}/approve",
            context => AnswerAsync(context, approve: true)
        );
        app.MapOnly(
            HttpMethods.Post,
            "/v2/agent/decisions/{id}/refuse",
            context => AnswerAsync(context, approve: false)
        );
        app.MapOnly(HttpMethods.Post, "/v2/cluster/nodes/{node}/search/{model}", SearchAsync);
        app.MapOnly(HttpMethods.Post, "/v2/cluster/nodes/{node}/measure/{model}", MeasureAsync);
    }

    /// <summary><c>GET /v2/agent</c>, with <c>model</c>, <c>node</c> and <c>limit</c>.</summary>
    public Task StateAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "agent",
            async () =>
            {
                string limit = context.Request.Query["limit"].ToString();
                int most =
                    limit.Length == 0 ? 50
                    : int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && number is >= 1 and <= MostDecisions
                        ? number
                    : throw new InferenceException(
                        InferenceError.InvalidArgument,
                        $"limit is '{limit}'; a number from 1 to {MostDecisions} is allowed"
                    );
                AgentState state = await cluster.GetAgentAsync(context.RequestAborted);
                await SendAsync(
                    context,
                    AgentJson.Write(
                        state,
                        context.Request.Query["model"].ToString(),
                        context.Request.Query["node"].ToString(),
                        most
                    )
                );
            }
        );

    /// <summary><c>GET /v2/agent/stream</c>: server-sent events, the state at once and after every change.</summary>
    public Task StreamAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "agent stream",
            async () =>
            {
                // Before the answer begins, so that a director who is away is told with a status.
                AgentState state = await cluster.GetAgentAsync(context.RequestAborted);
                context.Response.ContentType = "text/event-stream";
                context.Response.Headers.CacheControl = "no-store";
                if (HttpMethods.IsHead(context.Request.Method))
                {
                    return;
                }
                using PeriodicTimer timer = new(Look, time);
                long sent = -1;
                int quiet = 0;
                try
                {
                    do
                    {
                        if (sent >= 0)
                        {
                            state = await cluster.GetAgentAsync(context.RequestAborted);
                        }
                        if (state.Revision != sent)
                        {
                            sent = state.Revision;
                            quiet = 0;
                            await context.Response.Body.WriteAsync(
                                (byte[])[.. "data: "u8, .. AgentJson.Write(state, limit: 10), .. "\n\n"u8],
                                context.RequestAborted
                            );
                            await context.Response.Body.FlushAsync(context.RequestAborted);
                        }
                        else if (++quiet % HeartbeatLooks == 0)
                        {
                            // Proxies close what is silent.
                            await context.Response.WriteAsync(": still here\n\n", context.RequestAborted);
                            await context.Response.Body.FlushAsync(context.RequestAborted);
                        }
                    } while (await timer.WaitForNextTickAsync(context.RequestAborted));
                }
                catch (Exception exception)
                    when (exception is OperationCanceledException or InferenceException && context.Response.HasStarted)
                {
                    // The reader left, or the director is away: the reader comes again.
                }
            }
        );

    /// <summary><c>GET /v2/agent/scores</c>: C, D and N over time.</summary>
    public Task ScoresAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "scores",
            async () => await SendAsync(context, AgentJson.Write(await cluster.GetScoresAsync(context.RequestAborted)))
        );

    /// <summary><c>POST /v2/agent/mode</c> with <c>mode</c>.</summary>
    public Task ModeAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "agent mode",
            async () =>
            {
                AgentMode? mode = null;
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                        mode =
                            name == "mode" && json.TokenType == JsonTokenType.String
                                ? AgentJson.Mode(json.GetString())
                                : throw RequestJson.Invalid(
                                    $"'{name}' is not allowed here; expected {{\"mode\": \"act\"}}, or advise, shadow, off"
                                )
                );
                await cluster.SetAgentModeAsync(
                    mode ?? throw RequestJson.Invalid("'mode' is missing; allowed: act, advise, shadow, off"),
                    context.RequestAborted
                );
            }
        );

    /// <summary><c>POST /v2/agent/decisions/{id}/approve</c>, and <c>refuse</c>.</summary>
    public Task AnswerAsync(HttpContext context, bool approve) =>
        answer.AnsweredAsync(
            context,
            "agent decision",
            async () =>
            {
                string id = (string)context.Request.RouteValues["id"]!;
                if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                {
                    throw new InferenceException(InferenceError.InvalidArgument, $"'{id}' is no decision's number");
                }
                await cluster.AnswerAsync(number, approve, context.RequestAborted);
            }
        );

    /// <summary><c>POST /v2/agent/resume</c>.</summary>
    public Task ResumeAsync(HttpContext context) =>
        answer.AnsweredAsync(context, "agent resume", () => cluster.ResumeAgentAsync(context.RequestAborted));

    /// <summary>
    /// <c>POST /v2/cluster/nodes/{node}/search/{model}</c>: searches the best settings of a replica, and leaves them in
    /// force.
    /// </summary>
    public Task SearchAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "search",
            async () =>
                await SendAsync(
                    context,
                    AgentJson.Write(
                        await cluster.SearchAsync(
                            (string)context.Request.RouteValues["node"]!,
                            (string)context.Request.RouteValues["model"]!,
                            context.Request.Query["version"].ToString(),
                            context.RequestAborted
                        )
                    )
                )
        );

    /// <summary>
    /// <c>POST /v2/cluster/nodes/{node}/measure/{model}?rows=8&amp;threads=1&amp;instances=2</c>: measures one setting
    /// of a replica, and puts it back as it was.
    /// </summary>
    public Task MeasureAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "measure",
            async () =>
            {
                ReplicaKnobs knobs = new()
                {
                    MaxRows = Number("rows"),
                    Threads = Number("threads"),
                    Instances = Number("instances"),
                    Variant = context.Request.Query["variant"].ToString() is { Length: > 0 } variant ? variant : null,
                };
                await SendAsync(
                    context,
                    AgentJson.Write(
                        await cluster.MeasureAsync(
                            (string)context.Request.RouteValues["node"]!,
                            (string)context.Request.RouteValues["model"]!,
                            context.Request.Query["version"].ToString(),
                            knobs,
                            context.RequestAborted
                        )
                    )
                );

                int Number(string name)
                {
                    string text = context.Request.Query[name].ToString();
                    return text.Length == 0 ? 1
                        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
                        : throw new InferenceException(
                            InferenceError.InvalidArgument,
                            $"{name} is '{text}'; a number from 1 on is allowed"
                        );
                }
            }
        );

    private static async Task SendAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
