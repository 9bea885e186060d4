using System.Text.Json;
using OrleansInference.Gateway.Agent;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Gateway.Cluster;

/// <summary>The cluster's state as JSON.</summary>
internal static class ClusterJson
{
    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, ClusterState state, string self)
    {
        json.WriteString("node", self);
        json.WriteString("director", state.DirectorNode);
        json.WriteString("observed_at", state.ObservedAt);
        json.WriteNumber("epoch", state.Plan.Epoch);
        json.WriteNumber("routing_sequence", state.Routing.Sequence);
        json.WriteStartArray("nodes");
        foreach (NodeReport node in state.Nodes)
        {
            WriteNode(json, state, node);
        }
        json.WriteEndArray();
        json.WriteStartArray("models");
        foreach (ModelPlan model in state.Plan.Models)
        {
            WriteModel(json, state, model);
        }
        json.WriteEndArray();
    }

    private static void WriteNode(Utf8JsonWriter json, ClusterState state, NodeReport node)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Name);
        json.WriteString("address", node.Address.ToParsableString());
        json.WriteString("gateway", node.Gateway);
        json.WriteBoolean(
            "draining",
            node.Draining || state.Plan.Nodes.Any(planned => planned.Name == node.Name && planned.Draining)
        );
        json.WriteBoolean("ready", node.IsReady);
        json.WriteNumber("plan_epoch", node.PlanEpoch);
        json.WriteNumber("cores", node.Resources.Cores);
        json.WriteNumber("cpu_share", Math.Round(node.CpuShare, 3));
        json.WriteNumber("memory_bytes", node.Resources.MemoryBytes);
        json.WriteNumber("memory_reserved_bytes", node.MemoryReserved);
        json.WriteNumber("link_mbps", node.Resources.LinkMbps);
        WriteStrings(json, "devices", node.Resources.Devices);
        json.WriteStartObject("labels");
        foreach ((string label, string value) in node.Resources.Labels)
        {
            json.WriteString(label, value);
        }
        json.WriteEndObject();
        json.WriteNumber("requests_served", node.RequestsServed);
        json.WriteNumber("requests_forwarded", node.RequestsForwarded);
        json.WriteNumber("bytes_served", node.BytesServed);
        json.WriteNumber("bytes_forwarded", node.BytesForwarded);
        json.WriteStartArray("replicas");
        foreach (ReplicaReport replica in node.Replicas)
        {
            json.WriteStartObject();
            json.WriteString("model", replica.Model);
            json.WriteString("version", replica.Version);
            json.WriteNumber("rows", replica.Rows);
            json.WriteNumber("runs", replica.Runs);
            json.WriteNumber("run_seconds", replica.RunSeconds);
            json.WriteNumber("max_rows", replica.MaxRows);
            json.WriteNumber("rows_per_batch", replica.Route.RowsPerBatch);
            WriteStrings(json, "variants", replica.Variants);
            json.WriteNumber("queued", replica.Queued);
            json.WriteNumber("memory_bytes", replica.MemoryBytes);
            json.WriteNumber("base_seconds", replica.Route.BaseSeconds);
            json.WriteNumber("seconds_per_row", replica.Route.SecondsPerRow);
            json.WriteNumber("instances", replica.Route.Concurrency);
            json.WriteNumber("requests", replica.Requests);
            json.WriteNumber("violations", replica.Violations);
            json.WriteNumber("slo_ms", replica.SloMs);
            AgentJson.Write(json, "knobs", replica.Knobs);
            if (replica.Profile is { } profile)
            {
                AgentJson.Write(json, "profile", profile);
            }
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, ClusterState state, ModelPlan model)
    {
        Grains.Interfaces.Cluster.ModelRoute? route = Array.Find(
            state.Routing.Models,
            other => other.Name == model.Name
        );
        json.WriteStartObject();
        json.WriteString("name", model.Name);
        json.WriteString("revision", model.Revision);
        json.WriteString("load_balance", model.LoadBalance);
        json.WriteBoolean("task_partition", model.TaskPartition);
        json.WriteBoolean("pinned", state.Pins.ContainsKey(model.Name));
        json.WriteStartArray("replicas");
        foreach (ReplicaPlan replica in model.Replicas)
        {
            json.WriteStartObject();
            json.WriteNumber("index", replica.Index);
            json.WriteString(
                "node",
                state.Plan.Nodes.FirstOrDefault(node => node.Address.Equals(replica.Node))?.Name
                    ?? replica.Node.ToParsableString()
            );
            json.WriteNumber("weight", replica.Weight);
            AgentJson.Write(json, "knobs", replica.Knobs);
            json.WriteBoolean(
                "routed",
                route?.Replicas.Any(ready => state.Routing.Nodes[ready.Node].Address.Equals(replica.Node)) == true
            );
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteStrings(json, "refusals", model.Refusals);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }
        json.WriteEndArray();
    }
}
