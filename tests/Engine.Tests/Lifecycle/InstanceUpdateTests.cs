using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sequences;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Lifecycle;

/// <summary>Another number of instances takes effect without a load: what serves goes on.</summary>
public sealed class InstanceUpdateTests
{
    private const string Direct = "direct { }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    public async Task LoadAsync_AnotherCount_ChangesTheReplicaInPlace(int before, int after)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Scale(2, 2), Group(before)));
        ModelReplica replica = test.Replica("m");
        long loads = test.Engine.Loads;
        Configure(test, "m", Group(after));

        bool isReady = await test.Engine.LoadAsync("m", Token);

        Assert.True(isReady);
        Assert.Same(replica, test.Replica("m"));
        Assert.Equal((after, after), (replica.Limits.Concurrency, replica.ConfiguredInstances));
        Assert.Equal(loads, test.Engine.Loads);
        using JsonDocument config = JsonDocument.Parse(test.Engine.ConfigJson(replica));
        Assert.Equal(after, config.RootElement.GetProperty("instance_group")[0].GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task LoadAsync_AnotherCountAndAnotherField_LoadsAnew()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Scale(2, 2), Group(1)));
        ModelReplica replica = test.Replica("m");
        Configure(test, "m", Group(2) + "max_batch_size: 4");

        await test.Engine.LoadAsync("m", Token);

        Assert.NotSame(replica, test.Replica("m"));
        Assert.Equal(2, test.Replica("m").Limits.Concurrency);
    }

    [Fact]
    public async Task LoadAsync_AnotherCountAndAnotherFile_LoadsAnew()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Scale(2, 2), Group(1)));
        ModelReplica replica = test.Replica("m");
        test.Write("m", FixtureModels.Scale(3, 2), Group(2));

        await test.Engine.LoadAsync("m", Token);

        Assert.NotSame(replica, test.Replica("m"));
    }

    [Fact]
    public async Task LoadAsync_AnotherCountOfASequenceModel_KeepsTheSequencesAndTheirPlaces()
    {
        byte[] model = FixtureModels.Accumulator();
        string config = FixtureModels.AccumulatorConfig(rows: 2, strategy: Direct);
        await using TestEngine test = await TestEngine.StartAsync(("acc", model, config + Group(2)));
        SequencePolicy policy = test.Replica("acc").Sequences!;
        IDisposable? held = await policy.Slots.TakeAsync(TimeSpan.Zero, Token);
        Configure(test, "acc", config + Group(1));

        await test.Engine.LoadAsync("acc", Token);

        Assert.Same(policy, test.Replica("acc").Sequences);
        Assert.Equal((2, 1), (policy.MaxActive, policy.Slots.Free));
        held!.Dispose();
        Assert.Equal(2, policy.Slots.Free);
    }

    [Fact]
    public async Task LoadAsync_TheCompletedConfigurationWithOneMore_ChangesTheReplicaInPlace()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Scale(2, 2), Group(1)));
        ModelReplica replica = test.Replica("m");
        JsonNode config = JsonNode.Parse(test.Engine.ConfigJson(replica))!;
        config["instance_group"]![0]!["count"] = 2;

        LoadResult result = await test.Engine.LoadAsync("m", new ModelOverride(config.ToJsonString(), []), Token);

        Assert.Equal((true, 2), (result.IsReady, replica.Limits.Concurrency));
        Assert.Same(replica, test.Replica("m"));
    }

    /// <summary>Writes the configuration alone: a file that is written is another one, whatever is in it.</summary>
    private static void Configure(TestEngine test, string model, string config) =>
        File.WriteAllText(Path.Combine(test.Folder, model, "config.pbtxt"), config);

    private static string Group(int count) => $"instance_group {{ count: {count} kind: KIND_CPU }}\n";
}
