using System.Net;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>A cluster of one node, "n0", that remembers what it was asked.</summary>
internal sealed class FakeCluster : IClusterControl
{
    public List<string> Asked { get; } = [];

    public ModelPin? Pin { get; private set; }

    public AgentState Agent { get; set; } =
        new()
        {
            Mode = AgentMode.Advise,
            Attainment = 0.9,
            Revision = 1,
            Decisions =
            [
                new AgentDecision
                {
                    Id = 1,
                    Outcome = DecisionOutcome.RolledBack,
                    Summary = "add m on n1",
                    Models = ["m"],
                    Nodes = ["n1"],
                    AttainmentBefore = 0.9,
                    AttainmentAfter = 0.5,
                    Candidates = [new CandidateRecord("keep", 0.9, 0.9, 1, 1, 1, 0, "")],
                },
                new AgentDecision
                {
                    Id = 2,
                    Outcome = DecisionOutcome.Advised,
                    Summary = "remove other from n0",
                    Models = ["other"],
                    Nodes = ["n0"],
                },
            ],
        };

    public string NodeName => "n0";

    public Task<ScorePoint[]> GetScoresAsync(CancellationToken cancellationToken) =>
        Task.FromResult<ScorePoint[]>([new ScorePoint(DateTimeOffset.UnixEpoch, 10, 0.5, 0.4, 0.3, 0.2)]);

    public Task<ClusterState> GetStateAsync(CancellationToken cancellationToken)
    {
        SiloAddress address = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1);
        ClusterPlan plan = new()
        {
            Epoch = 3,
            Nodes = [new NodePlan("n0", address, Draining: false)],
            Models =
            [
                new ModelPlan
                {
                    Name = "m",
                    Replicas = [new ReplicaPlan(0, address, 1)],
                    Refusals = ["node 'n1' is too small"],
                },
            ],
        };
        NodeReport report = new()
        {
            Name = "n0",
            Address = address,
            Resources = new NodeResources { Cores = 2, Devices = ["CPUExecutionProvider"] },
            IsReady = true,
        };
        return Task.FromResult(
            new ClusterState(plan, RoutingTable.Empty, [report], [], "n0", DateTimeOffset.UnixEpoch)
        );
    }

    public Task<ClusterBackup> GetBackupAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            new ClusterBackup(
                ["m"],
                Pin is null ? [] : new Dictionary<string, ModelPin> { ["m"] = Pin },
                ["n0"],
                AgentMode.Advise
            )
        );

    public Task DrainAsync(string node, bool drain, CancellationToken cancellationToken)
    {
        Asked.Add($"{(drain ? "drain" : "undrain")} {node}");
        return node == "n0"
            ? Task.CompletedTask
            : throw new InferenceException(InferenceError.NotFound, $"there is no node '{node}'; there are: n0");
    }

    public Task PinAsync(string model, ModelPin? pin, CancellationToken cancellationToken)
    {
        Asked.Add($"{(pin is null ? "unpin" : "pin")} {model}");
        Pin = pin;
        return Task.CompletedTask;
    }

    public Task<Dictionary<int, double>> ProfileAsync(
        string node,
        string model,
        string version,
        CancellationToken cancellationToken
    ) => Task.FromResult(new Dictionary<int, double> { [2] = 0.5, [1] = 0.25 });

    public Task<AgentState> GetAgentAsync(CancellationToken cancellationToken) => Task.FromResult(Agent);

    public Task SetAgentModeAsync(AgentMode mode, CancellationToken cancellationToken)
    {
        Asked.Add($"mode {mode}");
        return Task.CompletedTask;
    }

    public Task AnswerAsync(long decision, bool approve, CancellationToken cancellationToken)
    {
        Asked.Add($"{(approve ? "approve" : "refuse")} {decision}");
        return decision == 2
            ? Task.CompletedTask
            : throw new InferenceException(InferenceError.NotFound, $"decision {decision} does not wait for an answer");
    }

    public Task ResumeAgentAsync(CancellationToken cancellationToken)
    {
        Asked.Add("resume");
        return Task.CompletedTask;
    }

    public Task<KnobProfile> SearchAsync(string node, string model, string version, CancellationToken cancellationToken)
    {
        Asked.Add($"search {node} {model} {version}");
        return Task.FromResult(
            new KnobProfile
            {
                SloMs = 5,
                GridSize = 64,
                Chosen = new ReplicaKnobs
                {
                    MaxRows = 32,
                    Threads = 1,
                    Instances = 2,
                },
                Reason = "it batches",
                Tried =
                [
                    new KnobPoint(
                        new ReplicaKnobs
                        {
                            MaxRows = 32,
                            Threads = 1,
                            Instances = 2,
                        },
                        100,
                        90,
                        1,
                        2,
                        85
                    ),
                ],
            }
        );
    }

    public Task<KnobPoint> MeasureAsync(
        string node,
        string model,
        string version,
        ReplicaKnobs knobs,
        CancellationToken cancellationToken
    )
    {
        Asked.Add($"measure {node} {model} {version} {knobs.MaxRows} {knobs.Threads} {knobs.Instances}");
        return Task.FromResult(new KnobPoint(knobs, 100, 90, 1, 2, 85));
    }
}
