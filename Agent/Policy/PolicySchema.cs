using System.Security.Cryptography;
using System.Text;

namespace OrleansInference.Agent.Policy;

/// <summary>What a policy's tokens and actions mean. A file made for another meaning is refused by its hash.</summary>
public static class PolicySchema
{
    /// <summary>Most tokens of a set.</summary>
    public const int MostTokens = 16;

    /// <summary>Values of a replica's token, in order.</summary>
    public static IReadOnlyList<string> ReplicaFeatures { get; } =
    [
        "is_replica",
        "log_slo_over_run",
        "base_share",
        "log_max_rows",
        "log_default_cap",
        "log_mean_rows",
        "own_load",
        "others_load",
        "delay_over_slo",
        "violations_now",
        "violations_slow",
        "others_violations",
        "log_queued",
        "queue_over_slo",
        "log_burst",
        "variability",
        "cap_is_natural",
        "runs_at_once",
        "slowdown",
    ];

    /// <summary>Values of the token of a replica that a candidate plan changes, in order.</summary>
    public static IReadOnlyList<string> ChangeFeatures { get; } =
    [
        "is_replica",
        "log_slo_over_run",
        "base_share",
        "log_max_rows",
        "log_cap_after",
        "log_cap_before",
        "is_after",
        "was_before",
        "load",
        "peak_over_mean",
        "interference",
        "is_measured",
        "instances_after",
        "instances_before",
        "delay_after",
        "delay_before",
        "attainment",
        "attainment_gain",
        "score_gain",
        "is_style",
        "loads",
    ];

    /// <summary>What an action does to the default's batch cap, delay and runs at once.</summary>
    public static IReadOnlyList<string> ActionNames { get; } =
    [
        "default",
        "half the cap",
        "twice the cap",
        "no cap",
        "no batching",
        "wait for company",
        "half the runs at once",
        "one run at once",
    ];

    /// <summary>Values of a token.</summary>
    public static int Width { get; } = Math.Max(ReplicaFeatures.Count, ChangeFeatures.Count);

    /// <summary>Actions for a token; 0 is the default.</summary>
    public static int Actions { get; } = ActionNames.Count;

    /// <summary>SHA-256 over all names, in hexadecimal.</summary>
    public static string Hash { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    string.Join('|', [.. ReplicaFeatures, "", .. ChangeFeatures, "", .. ActionNames])
                )
            )
        );
}
