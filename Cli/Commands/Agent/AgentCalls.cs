using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary>What several commands ask and say of the agent.</summary>
internal static class AgentCalls
{
    /// <summary>The agent's state.</summary>
    /// <exception cref="CliException">The server does not answer or has no agent.</exception>
    public static async Task<JsonDocument> StateAsync(ServerConnection server, string query, CancellationToken cancellationToken) =>
        (await server.CallAsync(HttpMethod.Get, $"/v2/agent{query}", missing: "this server has no agent (GET /v2/agent)", cancellationToken: cancellationToken))!;

    /// <summary>A decision in a few lines: what, what came of it, what else was considered and why not.</summary>
    public static IEnumerable<string> Explain(JsonElement decision)
    {
        yield return $"#{decision.GetProperty("id")} {decision.GetProperty("at").GetString()}  {decision.GetProperty("outcome").GetString()!.Replace('_', ' ')}: {decision.GetProperty("summary").GetString()}";
        double before = decision.GetProperty("attainment_before").GetDouble(), after = decision.GetProperty("attainment_after").GetDouble(), gain = decision.GetProperty("expected_gain").GetDouble();
        if (before >= 0) yield return $"   in time before {Percent(before)}, expected {(gain >= 0 ? "+" : "")}{(gain * 100).ToString("0.0", CultureInfo.InvariantCulture)} points{(after >= 0 ? $", measured after {Percent(after)}" : "")}";
        foreach (JsonElement candidate in decision.GetProperty("candidates").EnumerateArray().Take(5))
        {
            double tried = candidate.GetProperty("trial_attainment").GetDouble();
            string refusal = candidate.GetProperty("refusal").GetString()!;
            yield return $"   {(refusal.Length == 0 ? "→" : "·")} {candidate.GetProperty("name").GetString()}: expects {Percent(candidate.GetProperty("attainment").GetDouble())}{(tried >= 0 ? $", in the twin {Percent(tried)}" : "")}{(refusal.Length > 0 ? $"; {refusal}" : "")}";
        }
    }

    /// <summary>A share as a percentage.</summary>
    public static string Percent(double share) => share < 0 ? "–" : (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
