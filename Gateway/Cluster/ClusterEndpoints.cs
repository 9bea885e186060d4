using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Gateway.Cluster;

/// <summary><c>/v2/cluster</c>: the nodes, the plan, and the calls by which operators control the director.</summary>
internal sealed class ClusterEndpoints(IClusterControl cluster, JsonAnswer answer)
{
    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapOnly(HttpMethods.Get, "/v2/cluster", StateAsync);
        app.MapOnly(HttpMethods.Post, "/v2/cluster/nodes/{node}/drain", context => DrainAsync(context, drain: true));
        app.MapOnly(HttpMethods.Post, "/v2/cluster/nodes/{node}/undrain", context => DrainAsync(context, drain: false));
        app.MapOnly(HttpMethods.Post, "/v2/cluster/nodes/{node}/profile/{model}", ProfileAsync);
        app.MapOnly(HttpMethods.Post, "/v2/cluster/models/{model}/pin", PinAsync);
        app.MapOnly(HttpMethods.Post, "/v2/cluster/models/{model}/unpin", UnpinAsync);
    }

    /// <summary><c>GET /v2/cluster</c>.</summary>
    public Task StateAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "cluster",
            async () =>
            {
                ClusterState state = await cluster.GetStateAsync(context.RequestAborted);
                await JsonAnswer.WriteObjectAsync(context, json => ClusterJson.Write(json, state, cluster.NodeName));
            }
        );

    /// <summary><c>POST /v2/cluster/nodes/{node}/drain</c>, and <c>undrain</c>.</summary>
    public Task DrainAsync(HttpContext context, bool drain) =>
        answer.AnsweredAsync(
            context,
            "drain",
            () => cluster.DrainAsync((string)context.Request.RouteValues["node"]!, drain, context.RequestAborted)
        );

    /// <summary>
    /// <c>POST /v2/cluster/models/{model}/pin</c> with any of <c>nodes</c>, <c>weights</c>, <c>max_replicas</c>,
    /// <c>load_balance</c>, <c>task_partition</c>, <c>mode</c>.
    /// </summary>
    public Task PinAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "pin",
            async () =>
            {
                ModelPin pin = new();
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) => pin = PinJson.Member(ref json, name, pin)
                );
                await cluster.PinAsync((string)context.Request.RouteValues["model"]!, pin, context.RequestAborted);
            }
        );

    /// <summary><c>POST /v2/cluster/models/{model}/unpin</c>.</summary>
    public Task UnpinAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "unpin",
            () => cluster.PinAsync((string)context.Request.RouteValues["model"]!, pin: null, context.RequestAborted)
        );

    /// <summary>
    /// <c>POST /v2/cluster/nodes/{node}/profile/{model}</c>: seconds of a run by batch size, measured now.
    /// </summary>
    public Task ProfileAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "profile",
            async () =>
            {
                string node = (string)context.Request.RouteValues["node"]!;
                string model = (string)context.Request.RouteValues["model"]!;
                Dictionary<int, double> seconds = await cluster.ProfileAsync(
                    node,
                    model,
                    context.Request.Query["version"].ToString(),
                    context.RequestAborted
                );
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteString("node", node);
                        json.WriteString("model", model);
                        json.WriteStartArray("runs");
                        foreach ((int rows, double run) in seconds.OrderBy(entry => entry.Key))
                        {
                            json.WriteStartObject();
                            json.WriteNumber("rows", rows);
                            json.WriteNumber("seconds", run);
                            json.WriteEndObject();
                        }

                        json.WriteEndArray();
                    }
                );
            }
        );
}
