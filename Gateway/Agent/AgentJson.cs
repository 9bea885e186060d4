using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Agent;

/// <summary>The agent's state as JSON.</summary>
internal static class AgentJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The state, its decisions newest first.</summary>
    /// <param name="state">The state.</param>
    /// <param name="model">Only decisions that touch it; empty for all.</param>
    /// <param name="node">Only decisions that touch it; empty for all.</param>
    /// <param name="limit">Most decisions.</param>
    public static byte[] Write(AgentState state, string model = "", string node = "", int limit = 50) =>
        JsonSerializer.SerializeToUtf8Bytes(
            state with
            {
                Decisions =
                [
                    .. state
                        .Decisions.Reverse()
                        .Where(decision =>
                            (
                                model.Length == 0
                                || decision.Models.Contains(model)
                                || (decision.Models.Length == 0 && decision.Inputs.Any(input => input.Model == model))
                            ) && (node.Length == 0 || decision.Nodes.Contains(node))
                        )
                        .Take(limit),
                ],
            },
            Options
        );

    /// <summary>What a search found.</summary>
    public static byte[] Write(KnobProfile profile) => JsonSerializer.SerializeToUtf8Bytes(profile, Options);

    /// <summary>The objective over time.</summary>
    public static byte[] Write(ScorePoint[] points) =>
        JsonSerializer.SerializeToUtf8Bytes(new { scores = points }, Options);

    /// <summary>What one setting gave.</summary>
    public static byte[] Write(in KnobPoint point) => JsonSerializer.SerializeToUtf8Bytes(point, Options);

    /// <summary>Settings of a replica.</summary>
    public static void Write(Utf8JsonWriter json, string name, in ReplicaKnobs knobs)
    {
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, knobs, Options);
    }

    /// <summary>What a search found.</summary>
    public static void Write(Utf8JsonWriter json, string name, KnobProfile profile)
    {
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, profile, Options);
    }

    /// <summary>A mode's name, as <see cref="Mode"/> takes it.</summary>
    public static string Name(AgentMode mode) => mode.ToString().ToLowerInvariant();

    /// <summary>A mode by its name.</summary>
    /// <exception cref="InferenceException">There is none.</exception>
    public static AgentMode Mode(string? name) =>
        name switch
        {
            "act" => AgentMode.Act,
            "advise" => AgentMode.Advise,
            "shadow" => AgentMode.Shadow,
            "off" => AgentMode.Off,
            _ => throw new InferenceException(
                InferenceError.InvalidArgument,
                $"'{name}' is no mode of the agent; allowed: act, advise, shadow, off"
            ),
        };
}
