using OrleansInference.Agent.Objective;

namespace OrleansInference.Agent.Guardrails;

/// <summary>What a plan gave in a trial.</summary>
/// <param name="Score">C, D and N.</param>
/// <param name="Attainment">Share of requests within their objective, 0 to 1.</param>
/// <param name="Requests">Requests that were tried, from which follows how far the share can be trusted.</param>
public readonly record struct TrialResult(ClusterScore Score, double Attainment, long Requests);
