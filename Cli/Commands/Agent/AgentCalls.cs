using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary>The calls and output that several commands about the agent share.</summary>
internal static class AgentCalls
{
    /// <summary>The agent's state.</summary>
    /// <exception cref="CliException">The server does not answer or has no agent.</exception>
    public static async Task<JsonDocument> StateAsync(
        ServerConnection server,
        string query,
        CancellationToken cancellationToken
    ) =>
        (
            await server.CallAsync(
                HttpMethod.Get,
                $"/v2/agent{query}",
                missing: "this server has no agent (GET /v2/agent)",
                cancellationToken: cancellationToken
            )
        )!;

    /// <summary>Sets the agent's mode.</summary>
    /// <exception cref="CliException">There is no such mode, or the server has no agent.</exception>
    public static async Task SetModeAsync(ServerConnection server, string mode, CancellationToken cancellationToken) =>
        (
            await server.CallAsync(
                HttpMethod.Post,
                "/v2/agent/mode",
                JsonSerializer.Serialize(new { mode }),
                missing: "this server has no agent (POST /v2/agent/mode)",
                cancellationToken: cancellationToken
            )
        )?.Dispose();

    /// <summary>Measures one setting of a replica; rows, threads and instances that are unset count as 1.</summary>
    /// <returns>The point, as the server writes it.</returns>
    public static async Task<JsonDocument> MeasureAsync(
        ServerConnection server,
        string node,
        string model,
        ReplicaKnobs knobs,
        CancellationToken cancellationToken
    )
    {
        string variant = knobs.Variant is null ? "" : $"&variant={Uri.EscapeDataString(knobs.Variant)}";
        string path = string.Create(
            CultureInfo.InvariantCulture,
            $"/v2/cluster/nodes/{Uri.EscapeDataString(node)}/measure/{Uri.EscapeDataString(model)}"
                + $"?rows={Math.Max(1, knobs.MaxRows)}&threads={Math.Max(1, knobs.Threads)}"
                + $"&instances={Math.Max(1, knobs.Instances)}{variant}"
        );
        return (await server.CallAsync(HttpMethod.Post, path, "{}", cancellationToken: cancellationToken))!;
    }

    /// <summary>A figure of a measured point; infinity where nothing was answered.</summary>
    public static double Figure(JsonDocument point, string name) =>
        point.RootElement.GetProperty(name) is { ValueKind: JsonValueKind.Number } number
            ? number.GetDouble()
            : double.PositiveInfinity;

    /// <summary>
    /// Explains a decision in a few lines: the change, its outcome, and the alternatives with the reasons against them.
    /// </summary>
    public static IEnumerable<string> Explain(JsonElement decision)
    {
        yield return (
            $"#{decision.GetProperty("id")} {decision.GetProperty("at").GetString()}  "
            + $"{decision.GetProperty("outcome").GetString()!.Replace('_', ' ')}: "
            + $"{decision.GetProperty("summary").GetString()}"
        );
        double before = decision.GetProperty("attainment_before").GetDouble();
        double after = decision.GetProperty("attainment_after").GetDouble();
        double gain = decision.GetProperty("expected_gain").GetDouble();
        if (before >= 0)
        {
            string points = (gain * 100).ToString("+0.0;-0.0;+0.0", CultureInfo.InvariantCulture);
            string measured = after >= 0 ? $", measured after {Percent(after)}" : "";
            yield return $"   in time before {Percent(before)}, expected {points} points{measured}";
        }
        foreach (JsonElement candidate in decision.GetProperty("candidates").EnumerateArray().Take(5))
        {
            double tried = candidate.GetProperty("trial_attainment").GetDouble();
            string refusal = candidate.GetProperty("refusal").GetString()!;
            string mark = refusal.Length == 0 ? "→" : "·";
            string expected = Percent(candidate.GetProperty("attainment").GetDouble());
            string inTheTwin = tried >= 0 ? $", in the twin {Percent(tried)}" : "";
            string reason = refusal.Length > 0 ? $"; {refusal}" : "";
            yield return $"   {mark} {candidate.GetProperty("name").GetString()}: expects {expected}{inTheTwin}{reason}";
        }
    }

    /// <summary>A share as a percentage.</summary>
    public static string Percent(double share) =>
        share < 0 ? "–" : (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
