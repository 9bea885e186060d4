using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Cluster;

/// <summary>
/// The agent on live silos: what a search finds stays in force, modes are kept, a node profiles when it is idle.
/// </summary>
public sealed class AgentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SearchAsync_ALiveReplica_LeavesItsBestInForceAndSaysWhy()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            ("m", FixtureModels.Mlp(64, 64, 8, seed: 1), "max_batch_size: 32\n")
        );
        ClusterState state = await cluster.UntilAsync(seen => seen.Routing.Models.Length == 1);
        IClusterControl control = cluster.Service<IClusterControl>(0);

        KnobProfile profile = await control.SearchAsync(state.Nodes[0].Name, "m", "", Token);

        Assert.InRange(profile.Tried.Length, 1, Math.Max(4, profile.GridSize / 10));
        Assert.Equal(profile.Tried.MaxBy(point => point.Score).Knobs, profile.Chosen);
        Assert.NotEmpty(profile.Reason);
        state = await cluster.UntilAsync(seen => seen.Nodes[0].Replicas is [{ Profile: not null }]);
        Assert.Equal(profile.Chosen, state.Nodes[0].Replicas[0].Profile!.Chosen);
        Assert.Equal(
            (profile.Chosen.MaxRows, profile.Chosen.Threads),
            (Replica(cluster).Knobs.MaxRows, Replica(cluster).Knobs.Threads)
        );
        // Made-up requests are nobody's.
        Assert.Equal(0, state.Nodes[0].Replicas[0].Requests);
    }

    [Fact]
    public async Task MeasureAsync_OneSetting_PutsBackWhatWas()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            ("m", FixtureModels.Mlp(64, 64, 8, seed: 1), "max_batch_size: 32\n")
        );
        ClusterState state = await cluster.UntilAsync(seen => seen.Routing.Models.Length == 1);
        IClusterControl control = cluster.Service<IClusterControl>(0);

        KnobPoint point = await control.MeasureAsync(
            state.Nodes[0].Name,
            "m",
            "",
            ReplicaKnobs.Unset with
            {
                MaxRows = 4,
                Threads = 1,
                Instances = 1,
            },
            Token
        );
        InferenceException refused = await Assert.ThrowsAsync<InferenceException>(() =>
            control.MeasureAsync(
                state.Nodes[0].Name,
                "m",
                "",
                ReplicaKnobs.Unset with
                {
                    MaxRows = 33,
                    Threads = 1,
                    Instances = 1,
                },
                Token
            )
        );

        Assert.True(point.RowsPerSecond > 0);
        Assert.Contains("1 to 32", refused.Message, StringComparison.Ordinal);
        Assert.NotEqual(4, Replica(cluster).Limits.RowLimit);
    }

    [Fact]
    public async Task ProfileOnLoad_AnIdleNode_SearchesByItselfAndTakesAnAllowedVariantThatIsFaster()
    {
        const string Config =
            "max_batch_size: 16\nparameters { key: \"max_accuracy_loss\" value { string_value: \"0.5\" } }";
        Dictionary<string, string?> settings = new()
        {
            ["Node:ProfileOnLoad"] = "true",
            ["Node:ProfileIdleSeconds"] = "0.5",
            ["Node:ProfileDisturbance"] = "1",
        };
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            1,
            ModelControlMode.Explicit,
            settings,
            ("m", FixtureModels.Mlp(64, 50_000, 8, seed: 1), Config)
        );
        string folder = Path.Combine(cluster.Folder, "m", "1");
        await File.WriteAllBytesAsync(Path.Combine(folder, "small.onnx"), FixtureModels.Mlp(64, 16, 8, seed: 1), Token);
        ModelVariants.Write(folder, [new ModelVariant("small", "small.onnx", 0.4)]);
        await cluster.Repository.LoadAsync("m", null, Token);

        ClusterState state = await cluster.UntilAsync(seen => seen.Nodes[0].Replicas is [{ Profile: not null }]);

        Assert.Equal("small", state.Nodes[0].Replicas[0].Profile!.Chosen.Variant);
        Assert.Contains("variant small", state.Nodes[0].Replicas[0].Profile!.Reason, StringComparison.Ordinal);
        // Found in idle time, it is a proposal until live requests have confirmed it.
        Assert.Equal(ModelVariants.Original, Replica(cluster).Variant);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task load = LoadAsync(cluster, enough.Token);
        state = await cluster.UntilAsync(seen =>
            seen.Nodes[0].Replicas is [{ Profile: { } profile }]
            && profile.Reason.Contains("live requests took", StringComparison.Ordinal)
        );
        await enough.CancelAsync();
        await load;
        Assert.Equal("small", state.Nodes[0].Replicas[0].Profile!.Chosen.Variant);
        await cluster.UntilAsync(_ => Replica(cluster).Variant == "small");
    }

    private static async Task LoadAsync(ServedCluster cluster, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using InferenceAnswer answer = await cluster.Dispatcher.InferAsync(
                Tensors.Floats("m", 1, 64, i => i),
                CancellationToken.None
            );
            answer.EnsureSuccess();
        }
    }

    [Fact]
    public async Task SetAgentModeAsync_IsSaidByTheState()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            ("m", FixtureModels.NoBatch(1), null)
        );
        await cluster.UntilAsync(seen => seen.Routing.Models.Length == 1);
        IClusterControl control = cluster.Service<IClusterControl>(0);

        await control.SetAgentModeAsync(AgentMode.Shadow, Token);

        Assert.Equal(AgentMode.Shadow, (await control.GetAgentAsync(Token)).Mode);
        Assert.Equal(
            InferenceError.NotFound,
            (await Assert.ThrowsAsync<InferenceException>(() => control.AnswerAsync(7, approve: true, Token))).Error
        );
    }

    private static ModelReplica Replica(ServedCluster cluster) =>
        (ModelReplica)cluster.Engine.Find("m", "", out _, out _)!;
}
