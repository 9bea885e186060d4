using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Nodes;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Nodes;

/// <summary>The loop of a node's own agent over a real engine; its time is the test's.</summary>
public sealed class NodeKnobsTests : IAsyncDisposable
{
    private const string Batching = "max_batch_size: 32";

    /// <summary>An objective that even one row misses: the fast loop takes one row a run.</summary>
    private const string Impatient =
        Batching
        + """

            parameters { key: "slo_p99_ms" value { string_value: "0.001" } }
            """;

    private static readonly SiloAddress s_here = SiloAddress.New(IPAddress.Loopback, 1, 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("models").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly NodeOptions _options = new() { ProfileOnLoad = false };
    private readonly InferenceEngine _engine;
    private readonly NodeKnobs _knobs;
    private ClusterPlan _plan = ClusterPlan.Empty;

    public NodeKnobsTests()
    {
        EngineOptions engine = new() { Models = _folder, Threads = 2 };
        _engine = new InferenceEngine(
            Options.Create(engine),
            TimeProvider.System,
            NullLogger<InferenceEngine>.Instance
        );
        _knobs = new NodeKnobs(
            () => _plan,
            s_here,
            _engine,
            Options.Create(_options),
            new PolicySlot(),
            _time,
            NullLogger<NodeKnobs>.Instance
        );
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TickAsync_KnobsOfThePlan_AreInForce()
    {
        await ServeAsync(("m", Batching));
        _plan = Plan(("m", ReplicaKnobs.Unset with { MaxRows = 3, Instances = 1, DelayMs = 2 }));

        await TickAsync();

        ReplicaKnobs inForce = Replica("m").Knobs;
        Assert.Equal((3, 1, 2.0), (inForce.MaxRows, inForce.Instances, inForce.DelayMs));
    }

    [Fact]
    public async Task TickAsync_APlanForAnotherNode_ChangesNothing()
    {
        await ServeAsync(("m", Batching));
        ReplicaKnobs before = Replica("m").Knobs;
        _plan = Plan(SiloAddress.New(IPAddress.Loopback, 2, 1), ("m", ReplicaKnobs.Unset with { MaxRows = 3 }));
        _options.FastLoop = false;

        await TickAsync();

        Assert.Equal(before, Replica("m").Knobs);
    }

    [Fact]
    public async Task TickAsync_TheSameKnobsAgain_AreNotSetAgain()
    {
        await ServeAsync(("m", Batching));
        ReplicaKnobs planned = ReplicaKnobs.Unset with { MaxRows = 3 };
        _plan = Plan(("m", planned));
        await TickAsync();
        await _engine.Tuner.SetKnobsAsync(Replica("m"), ReplicaKnobs.Unset with { MaxRows = 5 }, Token);

        _plan = Plan(("m", planned));
        await TickAsync();
        Assert.Equal(5, Replica("m").Limits.RowLimit);
        _plan = Plan(("m", planned with { MaxRows = 4 }));
        await TickAsync();

        Assert.Equal(4, Replica("m").Limits.RowLimit);
    }

    [Fact]
    public async Task TickAsync_AfterLooksThatWerePassedOver_ANewPlanIsFollowedAtOnce()
    {
        await ServeAsync(("m", Batching));
        for (int i = 0; i < 2 * QuietLooks.Settled; i++)
        {
            await TickAsync();
        }

        _plan = Plan(("m", ReplicaKnobs.Unset with { MaxRows = 3 }));
        await TickAsync();

        Assert.Equal(3, Replica("m").Limits.RowLimit);
    }

    [Theory]
    [InlineData(true, Impatient, 1)]
    [InlineData(false, Impatient, 0)]
    [InlineData(true, Impatient + "\ndynamic_batching { }", 0)]
    public async Task TickAsync_WhatNobodySets_IsTheFastLoopsWhereItMay(bool isOn, string config, int rows)
    {
        _options.FastLoop = isOn;
        await ServeAsync(("m", config));

        await TickAsync();

        Assert.Equal(rows, Replica("m").Limits.RowLimit);
    }

    [Fact]
    public async Task TickAsync_KnobsThatAreNotPossible_LeaveTheModelAndSetTheOthers()
    {
        await ServeAsync(("a", Batching), ("b", Batching));
        ReplicaKnobs impossible = ReplicaKnobs.Unset with { MaxRows = 3, Variant = "none-of-that-name" };
        _plan = Plan(("a", impossible), ("b", ReplicaKnobs.Unset with { MaxRows = 4 }));

        await TickAsync();

        Assert.Equal((0, 4), (Replica("a").Limits.RowLimit, Replica("b").Limits.RowLimit));
    }

    [Fact]
    public async Task TickAsync_AModelThatWasUnloaded_IsForgotten()
    {
        await ServeAsync(("a", Batching), ("b", Batching));
        await TickAsync();
        await _engine.UnloadAsync("a", Token);

        _plan = Plan(("a", ReplicaKnobs.Unset with { MaxRows = 3 }), ("b", ReplicaKnobs.Unset with { MaxRows = 4 }));
        await TickAsync();

        Assert.Equal(4, Replica("b").Limits.RowLimit);
    }

    [Fact]
    public async Task TickAsync_AnIdleNode_SearchesAndLetsLiveRequestsDecide()
    {
        _options.ProfileOnLoad = true;
        _options.ProfileDisturbance = 1;
        await ServeAsync(("m", "max_batch_size: 1"));

        await UntilAsync(() => _knobs.Profile(Replica("m")) is not null, TickAsync);
        KnobProfile proposed = _knobs.Profile(Replica("m"))!;
        Assert.NotEmpty(proposed.Tried);
        await UntilAsync(() => !ReferenceEquals(_knobs.Profile(Replica("m")), proposed), AskAndTickAsync);

        Assert.Contains("live requests took", _knobs.Profile(Replica("m"))!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_EachHalfSecond_Looks()
    {
        await ServeAsync(("m", Batching));
        _plan = Plan(("m", ReplicaKnobs.Unset with { MaxRows = 3 }));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task running = _knobs.RunAsync(stop.Token);
        _time.Advance(TimeSpan.FromSeconds(0.49));
        Assert.Equal(0, Replica("m").Limits.RowLimit);

        _time.Advance(TimeSpan.FromSeconds(0.01));
        await UntilAsync(() => Replica("m").Limits.RowLimit == 3, () => Task.CompletedTask);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public async ValueTask DisposeAsync()
    {
        _knobs.Dispose();
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync(params (string Name, string Config)[] models)
    {
        foreach ((string name, string config) in models)
        {
            string version = Directory.CreateDirectory(Path.Combine(_folder, name, "1")).FullName;
            File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(1, 2));
            File.WriteAllText(Path.Combine(_folder, name, "config.pbtxt"), config);
        }

        await _engine.StartAsync(Token);
    }

    private Task TickAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(0.5));
        return _knobs.TickAsync(Token);
    }

    private async Task AskAndTickAsync()
    {
        for (int i = 0; i < 20; i++)
        {
            InferenceCall request = Tensors.Floats("m", 1, 1, _ => 1);
            using InferenceAnswer response = await _engine.InferAsync(request, Token);
            response.EnsureSuccess();
        }

        await TickAsync();
    }

    private ModelReplica Replica(string name) =>
        (ModelReplica?)_engine.Find(name, "", out _, out string message)
        ?? throw new InvalidOperationException(message);

    private static ClusterPlan Plan(params (string Model, ReplicaKnobs Knobs)[] models) => Plan(s_here, models);

    private static ClusterPlan Plan(SiloAddress node, params (string Model, ReplicaKnobs Knobs)[] models) =>
        new()
        {
            Models =
            [
                .. models.Select(model => new ModelPlan
                {
                    Name = model.Model,
                    Replicas = [new ReplicaPlan(0, node, 1) { Knobs = model.Knobs }],
                }),
            ],
        };

    private static async Task UntilAsync(Func<bool> reached, Func<Task> meanwhile)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(10));
        while (!reached())
        {
            await meanwhile();
            await pace.WaitForNextTickAsync(limit.Token);
        }
    }
}
