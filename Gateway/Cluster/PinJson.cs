using System.Text.Json;
using OrleansInference.Gateway.Agent;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Gateway.Cluster;

/// <summary>A pin's members.</summary>
internal static class PinJson
{
    /// <summary>Writes the members that are set, as <see cref="Member"/> reads them.</summary>
    public static void Write(Utf8JsonWriter json, ModelPin pin)
    {
        if (pin.Nodes.Length > 0)
        {
            json.WriteStartArray("nodes");
            foreach (string node in pin.Nodes)
            {
                json.WriteStringValue(node);
            }
            json.WriteEndArray();
        }

        if (pin.Weights.Count > 0)
        {
            json.WriteStartObject("weights");
            foreach ((string node, double weight) in pin.Weights.OrderBy(weight => weight.Key, StringComparer.Ordinal))
            {
                json.WriteNumber(node, weight);
            }
            json.WriteEndObject();
        }

        if (pin.MaxReplicas > 0)
        {
            json.WriteNumber("max_replicas", pin.MaxReplicas);
        }
        if (pin.LoadBalance is { } balance)
        {
            json.WriteString("load_balance", balance);
        }
        if (pin.TaskPartition is { } partition)
        {
            json.WriteBoolean("task_partition", partition);
        }
        if (pin.Mode is { } mode)
        {
            json.WriteString("mode", AgentJson.Name(mode));
        }
    }

    /// <summary>Reads one member into a pin.</summary>
    /// <exception cref="Grains.Interfaces.Inference.InferenceException">It is unknown, or its value is of another
    /// kind.</exception>
    public static ModelPin Member(ref Utf8JsonReader json, string name, ModelPin pin)
    {
        switch (name)
        {
            case "nodes" when json.TokenType == JsonTokenType.StartArray:
                List<string> nodes = [];
                while (json.Read() && json.TokenType == JsonTokenType.String)
                {
                    nodes.Add(json.GetString()!);
                }
                if (json.TokenType != JsonTokenType.EndArray)
                {
                    throw RequestJson.Invalid("'nodes' must be an array of names");
                }
                return pin with { Nodes = [.. nodes] };
            case "weights" when json.TokenType == JsonTokenType.StartObject:
                Dictionary<string, double> weights = [];
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    string node = json.GetString()!;
                    weights[node] =
                        json.Read() && json.TokenType == JsonTokenType.Number
                            ? json.GetDouble()
                            : throw RequestJson.Invalid("'weights' must be an object of numbers by node name");
                }

                return pin with
                {
                    Weights = weights,
                };
            case "max_replicas" when json.TokenType == JsonTokenType.Number && json.TryGetInt32(out int replicas):
                return pin with { MaxReplicas = replicas };
            case "load_balance" when json.TokenType == JsonTokenType.String:
                return pin with { LoadBalance = json.GetString() };
            case "task_partition" when json.TokenType is JsonTokenType.True or JsonTokenType.False:
                return pin with { TaskPartition = json.GetBoolean() };
            case "mode" when json.TokenType == JsonTokenType.String:
                return pin with { Mode = AgentJson.Mode(json.GetString()) };
            default:
                throw RequestJson.Invalid(
                    $"'{name}' is no member of a pin or has the wrong kind of value; allowed: nodes (names), "
                        + $"weights (numbers by node name), max_replicas (a number), load_balance (a name), "
                        + $"task_partition (true or false), mode (act, advise, shadow or off)"
                );
        }
    }
}
