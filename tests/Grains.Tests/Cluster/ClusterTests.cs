using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Nodes;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Cluster;

/// <summary>Several silos carry out one plan.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Load_ThroughOneSilo_ServesThroughAllFromFetchedFiles()
    {
        await using ServedCluster cluster = await StartAsync(3);

        await Repository(cluster, 0).LoadAsync("scale", null, Token);

        foreach (IServiceProvider silo in cluster.Silos)
        {
            Assert.NotEmpty(Engine(silo).ReadyVersions("scale"));
            Assert.Equal(
                Engine(cluster.Silos[0]).Content.ManifestOfServed("scale")!.Revision,
                Engine(silo).Content.ManifestOfServed("scale")!.Revision
            );
            await AssertAsync([2f, 4f, 6f], silo, "scale", 1, 2, 3);
        }
    }

    [Fact]
    public async Task Load_ThroughASiloWithoutTheFiles_TakesThemFromTheOneThatHasThem()
    {
        await using ServedCluster cluster = await StartAsync(3);
        await cluster.UntilAsync(state =>
            state.Nodes.Length == 3 && cluster.Silos.All(silo => Node(silo).Router.Snapshot.Nodes.Count == 3)
        );

        await Repository(cluster, 2).LoadAsync("scale", null, Token);

        Assert.All(cluster.Silos, silo => Assert.NotEmpty(Engine(silo).ReadyVersions("scale")));
        await Assert.ThrowsAsync<InferenceException>(() => Repository(cluster, 2).LoadAsync("nobody", null, Token));
    }

    [Fact]
    public async Task Load_AChangedModel_ChangesEveryNodeBeforeItReturns()
    {
        await using ServedCluster cluster = await StartAsync(2);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);

        cluster.Write("scale", FixtureModels.Scale(3, 5f), null);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);

        foreach (IServiceProvider silo in cluster.Silos)
        {
            await AssertAsync([5f, 10f, 15f], silo, "scale", 1, 2, 3);
        }
    }

    [Fact]
    public async Task Ensure_WhileTheNodeOffersAnotherRevision_LeavesIt()
    {
        await using ServedCluster cluster = await StartAsync(1);
        NodeModels models = cluster.Silos[0].GetRequiredService<NodeModels>();
        await Repository(cluster, 0).LoadAsync("scale", null, Token);

        // What a load through this node does before the director knows of it; no node has the plan's revision any more.
        using (models.Offer("scale"))
        {
            cluster.Write("scale", FixtureModels.Scale(3, 5f), null);
            Assert.True((await Engine(cluster.Silos[0]).LoadAsync("scale", null, Token)).IsReady);
            await models.EnsureAsync("scale", Token);
        }

        await AssertAsync([5f, 10f, 15f], cluster.Silos[0], "scale", 1, 2, 3);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);
        await AssertAsync([5f, 10f, 15f], cluster.Silos[0], "scale", 1, 2, 3);
    }

    [Fact]
    public async Task Load_ThroughASiloWithoutTheFiles_WhereTheModelChanged_ChangesThatSiloToo()
    {
        await using ServedCluster cluster = await StartAsync(3);
        await cluster.UntilAsync(state =>
            state.Nodes.Length == 3 && cluster.Silos.All(silo => Node(silo).Router.Snapshot.Nodes.Count == 3)
        );
        await Repository(cluster, 2).LoadAsync("scale", null, Token);

        cluster.Write("scale", FixtureModels.Scale(3, 5f), null);
        await Repository(cluster, 2).LoadAsync("scale", null, Token);

        foreach (IServiceProvider silo in cluster.Silos)
        {
            await AssertAsync([5f, 10f, 15f], silo, "scale", 1, 2, 3);
        }
    }

    [Fact]
    public async Task Load_AnUpload_ReachesEveryNode()
    {
        await using ServedCluster cluster = await StartAsync(2);
        ModelOverride upload = new(
            "{}",
            new Dictionary<string, ReadOnlyMemory<byte>> { ["7/model.onnx"] = FixtureModels.Scale(2, 3f) }
        );

        await Repository(cluster, 1).LoadAsync("uploaded", upload, Token);

        foreach (IServiceProvider silo in cluster.Silos)
        {
            await AssertAsync([3f, 6f], silo, "uploaded", 1, 2);
        }
        Assert.Equal(["7"], Engine(cluster.Silos[0]).ReadyVersions("uploaded"));
    }

    [Fact]
    public async Task Unload_ThroughAnySilo_EndsItOnAll()
    {
        await using ServedCluster cluster = await StartAsync(2);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);

        await Repository(cluster, 1).UnloadAsync("scale", unloadDependents: false, Token);

        Assert.All(cluster.Silos, silo => Assert.Empty(Engine(silo).ReadyVersions("scale")));
        ClusterState state = await cluster.UntilAsync(state => state.Routing.Models.Length == 0);
        Assert.Empty(state.Plan.Models);
    }

    [Fact]
    public async Task Pin_Weights_SplitRequestsInThatProportion()
    {
        await using ServedCluster cluster = await StartAsync(3);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);
        string[] names = [.. cluster.Silos.Select(silo => Node(silo).Name)];
        IPlacementDirectorGrain director = cluster.Client.GetGrain<IPlacementDirectorGrain>(0);
        await director.PinAsync(
            "scale",
            new ModelPin
            {
                Weights = new()
                {
                    [names[0]] = 1,
                    [names[1]] = 2,
                    [names[2]] = 3,
                },
            }
        );
        long[] before = [.. cluster.Silos.Select(Rows)];

        for (int i = 0; i < 600; i++)
        {
            await InferAsync(cluster.Silos[i % 3], "scale", 1, 2, 3);
        }

        long[] counts = [.. cluster.Silos.Select(Rows).Zip(before, (after, earlier) => after - earlier)];
        Assert.Equal(600, counts.Sum());
        Assert.InRange(counts[0], 95, 105);
        Assert.InRange(counts[1], 190, 210);
        Assert.InRange(counts[2], 285, 315);
    }

    [Fact]
    public async Task Pin_ToOneNode_MovesTheReplicaAndServesThroughAllStill()
    {
        await using ServedCluster cluster = await StartAsync(2);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);
        string other = Node(cluster.Silos[1]).Name;
        IPlacementDirectorGrain director = cluster.Client.GetGrain<IPlacementDirectorGrain>(0);

        await director.PinAsync("scale", new ModelPin { Nodes = [other], MaxReplicas = 1 });
        await cluster.UntilAsync(_ => Engine(cluster.Silos[0]).ReadyVersions("scale").Length == 0);

        Assert.NotEmpty(Engine(cluster.Silos[1]).ReadyVersions("scale"));
        foreach (IServiceProvider silo in cluster.Silos)
        {
            await AssertAsync([2f, 4f, 6f], silo, "scale", 1, 2, 3);
        }
        await cluster.UntilAsync(_ => silo0Catalog().IsModelReady("scale", ""));
        IModelCatalog silo0Catalog() => cluster.Silos[0].GetRequiredService<IModelCatalog>();
        await cluster.UntilAsync(_ => cluster.Silos[0].GetRequiredService<RemoteModels>().Find("scale") is not null);
        Assert.Equal(["1"], silo0Catalog().GetMetadata("scale", "").Versions);
        Assert.Contains(
            Repository(cluster, 0).GetIndex(readyOnly: true),
            line => line is { Name: "scale", State: ModelState.Ready }
        );
    }

    [Fact]
    public async Task Pin_FromOneNodeToAnother_MigratesTheReplica()
    {
        await using ServedCluster cluster = await StartAsync(2);
        string[] names = [.. cluster.Silos.Select(silo => Node(silo).Name)];
        IPlacementDirectorGrain director = cluster.Client.GetGrain<IPlacementDirectorGrain>(0);
        await cluster.UntilAsync(state => state.Nodes.Length == 2);
        await director.PinAsync("scale", new ModelPin { Nodes = [names[0]] });
        await Repository(cluster, 0).LoadAsync("scale", null, Token);
        string key = ReplicaKey.Of("scale", 0);
        await cluster.UntilAsync(state =>
            state.Nodes.Single(node => node.Name == names[0]).ReplicaGrains.Contains(key)
        );

        await director.PinAsync("scale", new ModelPin { Nodes = [names[1]] });

        await cluster.UntilAsync(state =>
            state.Nodes.Single(node => node.Name == names[1]).ReplicaGrains.Contains(key)
            && Engine(cluster.Silos[0]).ReadyVersions("scale").Length == 0
        );
        foreach (IServiceProvider silo in cluster.Silos)
        {
            await AssertAsync([2f, 4f, 6f], silo, "scale", 1, 2, 3);
        }
    }

    [Fact]
    public async Task Infer_ManyRows_AreSplitAndComeBackInOrder()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            3,
            ModelControlMode.Explicit,
            [],
            ("mlp", FixtureModels.Mlp(256, 2048, 4, seed: 1), "max_batch_size: 16\ninstance_group { count: 1 }")
        );
        await Repository(cluster, 0).LoadAsync("mlp", null, Token);
        using InferenceAnswer alone = (await Engine(cluster.Silos[0]).InferAsync(Request(), Token)).EnsureSuccess();

        using InferenceAnswer split = (await cluster.Dispatcher.InferAsync(Request(), Token)).EnsureSuccess();

        Assert.Equal(1, Node(cluster.Silos[0]).Router.Counters.Splits);
        Assert.True(Node(cluster.Silos[0]).Router.Counters.Remote >= 2);
        Assert.Equal(alone.Outputs[0].Shape.ToArray(), split.Outputs[0].Shape.ToArray());
        float[] expected = Tensors.ToFloats(alone.Outputs[0]);
        float[] actual = Tensors.ToFloats(split.Outputs[0]);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5f);
        }

        static InferenceCall Request() => Tensors.Floats("mlp", 2048, 256, i => MathF.Sin(i));
    }

    [Fact]
    public async Task Drain_ANode_SendsNothingThereAnyMoreAndBack()
    {
        await using ServedCluster cluster = await StartAsync(2);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);
        string drained = Node(cluster.Silos[0]).Name;
        IPlacementDirectorGrain director = cluster.Client.GetGrain<IPlacementDirectorGrain>(0);

        await director.DrainAsync(drained, drain: true);
        long before = Rows(cluster.Silos[1]);
        for (int i = 0; i < 50; i++)
        {
            await AssertAsync([2f, 4f, 6f], cluster.Silos[0], "scale", 1, 2, 3);
        }
        Assert.Equal(50, Rows(cluster.Silos[1]) - before);

        await director.DrainAsync(drained, drain: false);
        await cluster.UntilAsync(state => state.Routing.Models.Single().Replicas.Length == 2);
        InferenceException unknown = await Assert.ThrowsAsync<InferenceException>(() =>
            director.DrainAsync("nobody", drain: true)
        );
        Assert.Contains(drained, unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_WhatOneNodeHasNoMemoryFor_IsRefusedThereWithTheReason()
    {
        byte[] large = FixtureModels.Mlp(1024, 2048, 4, seed: 1);
        int limit = (large.Length >> 20) + 8;
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            2,
            ModelControlMode.Explicit,
            new() { ["Engine:MemoryLimitMiB"] = $"{3 * limit}" },
            ("one", large, null),
            ("two", large, null)
        );

        await Repository(cluster, 0).LoadAsync("one", null, Token);
        await Repository(cluster, 0).LoadAsync("two", null, Token);

        ClusterState state = await cluster.UntilAsync(state => state.Plan.Models.Length == 2);
        Assert.All(state.Plan.Models, model => Assert.NotEmpty(model.Replicas));
        foreach (IServiceProvider silo in cluster.Silos)
        {
            foreach (string model in new[] { "one", "two" })
            {
                using InferenceAnswer answer = await silo.GetRequiredService<IRequestDispatcher>()
                    .InferAsync(Tensors.Floats(model, 1, 1024, i => i), Token);
                Assert.Equal(InferenceError.None, answer.Error);
            }
        }
    }

    [Fact]
    public async Task Kill_TheNodeOfTheDirector_ANewOneGoesOnFromTheNodesPlan()
    {
        await using ServedCluster cluster = await StartAsync(3);
        await Repository(cluster, 0).LoadAsync("scale", null, Token);
        ClusterState before = await cluster.UntilAsync(state =>
            state.Routing.Models.Length == 1 && state.Routing.Models[0].Replicas.Length == 3
        );
        int victim = Enumerable.Range(0, 3).Single(i => Node(cluster.Silos[i]).Name == before.DirectorNode);
        IServiceProvider survivor = cluster.Silos[victim == 0 ? 1 : 0];

        await cluster.StopSiloAsync(victim, kill: true);

        for (int i = 0; i < 20; i++)
        {
            await AssertAsync([2f, 4f, 6f], survivor, "scale", 1, 2, 3);
        }
        ClusterState after = await cluster.UntilAsync(state => state.Nodes.Length == 2 && state.Plan.Nodes.Length == 2);
        Assert.True(after.Plan.Epoch > before.Plan.Epoch, $"{after.Plan.Epoch} after {before.Plan.Epoch}");
        Assert.Equal("scale", Assert.Single(after.Plan.Models).Name);
    }

    private static Task<ServedCluster> StartAsync(int silos) =>
        ServedCluster.StartAsync(silos, ModelControlMode.Explicit, [], ("scale", FixtureModels.Scale(3, 2f), null));

    private static IModelRepository Repository(ServedCluster cluster, int silo) =>
        cluster.Silos[silo].GetRequiredService<IModelRepository>();

    private static InferenceEngine Engine(IServiceProvider silo) => silo.GetRequiredService<InferenceEngine>();

    private static ClusterNode Node(IServiceProvider silo) => silo.GetRequiredService<ClusterNode>();

    private static long Rows(IServiceProvider silo) =>
        Engine(silo).Models.Sum(model => model.ReadStatistics().InferenceCount);

    private static async Task AssertAsync(float[] expected, IServiceProvider silo, string model, params float[] row) =>
        Assert.Equal(expected, await InferAsync(silo, model, row));

    private static async Task<float[]> InferAsync(IServiceProvider silo, string model, params float[] row)
    {
        using InferenceAnswer answer = await silo.GetRequiredService<IRequestDispatcher>()
            .InferAsync(Tensors.Floats(model, 1, row.Length, i => row[i]), Token);
        return Tensors.ToFloats(answer.EnsureSuccess().Outputs[0]);
    }
}
