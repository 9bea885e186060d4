using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Gateway.Agent;

/// <summary><c>/v2/agent/policies</c>: the learned policies that the cluster keeps.</summary>
internal sealed class PolicyEndpoints(IPolicyControl policies, JsonAnswer answer)
{
    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapOnly([HttpMethods.Get, HttpMethods.Post], "/v2/agent/policies", ListOrPromoteAsync);
        app.MapOnly(HttpMethods.Post, "/v2/agent/policies/rollback", RollBackAsync);
    }

    /// <summary><c>GET</c> and <c>POST /v2/agent/policies</c>.</summary>
    public Task ListOrPromoteAsync(HttpContext context) =>
        HttpMethods.IsPost(context.Request.Method) ? PromoteAsync(context) : ListAsync(context);

    /// <summary><c>GET /v2/agent/policies</c>: the newest last.</summary>
    private Task ListAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "policies",
            async () =>
            {
                PolicyVersion[] kept = await policies.ListAsync(context.RequestAborted);
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray("policies");
                        foreach (PolicyVersion version in kept)
                        {
                            json.WriteStartObject();
                            Write(json, version);
                            json.WriteEndObject();
                        }

                        json.WriteEndArray();
                    }
                );
            }
        );

    /// <summary>
    /// <c>POST /v2/agent/policies</c> with <c>file</c> (the ONNX file in base64) and <c>report</c>: keeps a policy and
    /// puts it in force.
    /// </summary>
    private Task PromoteAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "policy",
            async () =>
            {
                byte[]? file = null;
                string report = "";
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                    {
                        switch (name)
                        {
                            case "file"
                                when json.TokenType == JsonTokenType.String
                                    && json.TryGetBytesFromBase64(out byte[]? bytes):
                                file = bytes;
                                break;
                            case "report" when json.TokenType == JsonTokenType.String:
                                report = json.GetString()!;
                                break;
                            default:
                                throw RequestJson.Invalid(
                                    $"'{name}' is not allowed here; expected {{\"file\": base64 of an ONNX file, \"report\": "
                                        + $"a text}}"
                                );
                        }
                    }
                );
                PolicyVersion version = await policies.PromoteAsync(
                    file ?? throw RequestJson.Invalid("'file' is missing: the ONNX file in base64"),
                    report,
                    context.RequestAborted
                );
                await JsonAnswer.WriteObjectAsync(context, json => Write(json, version));
            }
        );

    /// <summary><c>POST /v2/agent/policies/rollback</c>: puts the one before in force.</summary>
    public Task RollBackAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "policy",
            async () =>
            {
                PolicyVersion? version = await policies.RollBackAsync(context.RequestAborted);
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        if (version is null)
                        {
                            json.WriteNumber("number", 0);
                        }
                        else
                        {
                            Write(json, version);
                        }
                    }
                );
            }
        );

    private static void Write(Utf8JsonWriter json, PolicyVersion version)
    {
        json.WriteNumber("number", version.Number);
        json.WriteBoolean("is_current", version.IsCurrent);
        json.WriteString("at", version.At);
        json.WriteString("weights_sha256", version.Hash);
        json.WriteString("provenance", version.Provenance);
        json.WriteString("report", version.Report);
    }
}
