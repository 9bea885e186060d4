using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

/// <summary>The slow loop over seconds of made-up reports.</summary>
public sealed class AgentPlannerTests
{
    private static readonly string[] s_nodes = ["node-1", "node-10"];

    private readonly ClusterWindowTracker _windows = new();

    [Fact]
    public void Plan_AReplicaIsAddedOnOneNode_TheDecisionNamesThatNodeAlone()
    {
        AgentPlanner planner = new(new AgentOptions(), new SecondReplicaHelps());

        ClusterPlan plan = Run(planner, seconds: 20);

        AgentDecision applied = Assert.Single(
            planner.Decisions.All,
            decision => decision.Outcome == DecisionOutcome.Applied
        );
        Assert.Contains("add m on node-10", applied.Summary, StringComparison.Ordinal);
        Assert.Equal(["node-10"], applied.Nodes);
        Assert.Equal(2, plan.Models[0].Replicas.Length);
    }

    /// <summary>Both nodes are there, one serves: more than it can, so that a third of its requests is late.</summary>
    private ClusterPlan Run(AgentPlanner planner, int seconds)
    {
        ClusterPlan plan = new()
        {
            Nodes = [.. s_nodes.Select((name, i) => new NodePlan(name, Clusters.Address(i), Draining: false))],
            Models =
            [
                new ModelPlan
                {
                    Name = "m",
                    Revision = "r",
                    Replicas = [new ReplicaPlan(0, Clusters.Address(0), 1)],
                },
            ],
        };
        for (int second = 0; second <= seconds; second++)
        {
            NodeReport[] reports = [.. s_nodes.Select((name, i) => Report(name, i, second))];
            TimeSpan now = TimeSpan.FromSeconds(second);
            ClusterObservation observation = new(
                [.. s_nodes.Select((name, i) => Clusters.Node(i) with { Name = name })],
                [Clusters.Model("m")]
            )
            {
                Now = now,
                Reports = reports,
                Window = _windows.Advance(reports, now),
            };
            plan = planner.Plan(observation, plan);
        }

        return plan;
    }

    private static NodeReport Report(string name, int node, int second)
    {
        NodeReport report = Clusters.Report(node, serves: node == 0 ? [("m", "r")] : []) with
        {
            Name = name,
            Resources = new NodeResources { Cores = 1, MemoryBytes = 100 },
            CpuShare = node == 0 ? 1 : 0,
        };
        return report with
        {
            Replicas = Array.ConvertAll(
                report.Replicas,
                replica =>
                    replica with
                    {
                        Requests = 150 * second,
                        Violations = 50 * second,
                        Runs = 100 * second,
                        Rows = 100 * second,
                        RunSeconds = second,
                        SloMs = 100,
                    }
            ),
        };
    }

    private sealed class SecondReplicaHelps : IPlanTrial
    {
        public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
        {
            bool helps = plan.Models[0].Replicas.Length == 2;
            return new TrialResult(new ClusterScore(1, 1, 1), helps ? 1 : 0.66, 100);
        }
    }
}
