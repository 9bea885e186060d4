using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Agent;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Gateway.Cluster;

/// <summary>
/// <c>GET /v2/cluster/backup</c>: the operators' requests to the cluster, in the form of the calls that restore them.
/// </summary>
internal sealed class BackupEndpoint(
    IClusterControl cluster,
    IPolicyControl policies,
    TimeProvider time,
    JsonAnswer answer
)
{
    /// <summary>Version of the format.</summary>
    private const int Version = 1;

    /// <summary>Answers.</summary>
    public Task GetAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "backup",
            async () =>
            {
                ClusterBackup backup = await cluster.GetBackupAsync(context.RequestAborted);
                PolicyFile? policy = await policies.GetCurrentAsync(context.RequestAborted);
                string report = policy is null
                    ? ""
                    : Array
                        .Find(
                            await policies.ListAsync(context.RequestAborted),
                            version => version.Number == policy.Number
                        )
                        ?.Report
                        ?? "";
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteNumber("orleans_inference_backup", Version);
                        json.WriteString("taken_at", time.GetUtcNow());
                        json.WriteStartArray("models");
                        foreach (string model in backup.Requested)
                        {
                            json.WriteStringValue(model);
                        }
                        json.WriteEndArray();
                        json.WriteStartObject("pins");
                        foreach (
                            (string model, ModelPin pin) in backup.Pins.OrderBy(pin => pin.Key, StringComparer.Ordinal)
                        )
                        {
                            json.WriteStartObject(model);
                            PinJson.Write(json, pin);
                            json.WriteEndObject();
                        }

                        json.WriteEndObject();
                        json.WriteStartArray("drained_nodes");
                        foreach (string node in backup.Drained)
                        {
                            json.WriteStringValue(node);
                        }
                        json.WriteEndArray();
                        if (backup.Mode is { } mode)
                        {
                            json.WriteString("agent_mode", AgentJson.Name(mode));
                        }
                        if (policy is null)
                        {
                            return;
                        }
                        json.WriteStartObject("policy");
                        json.WriteString("report", report);
                        json.WriteBase64String("file", policy.File);
                        json.WriteEndObject();
                    }
                );
            }
        );
}
