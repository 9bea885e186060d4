using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Placement;

namespace OrleansInference.Grains.Tests.Placement;

/// <summary>What is begun for a plan, by what nodes report.</summary>
public sealed class PlanExecutorTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _begun = [];
    private readonly PlanExecutor _executor;
    private Func<Task> _outcome = () => Task.CompletedTask;
    private int _done;

    public PlanExecutorTests() =>
        _executor = new PlanExecutor(
            key => Recorded.Create<IModelReplicaGrain>(method => Operation($"{method} {key.Replace('\n', '/')}")),
            node => Recorded.Create<INodeService>(method => Operation($"{method} {node.Endpoint.Port}")),
            _time,
            NullLogger.Instance,
            () => _done++
        );

    [Fact]
    public void Apply_AReplicaThatLivesNowhere_IsActivated()
    {
        _executor.Apply(Plan(on: 1), [Report(1)]);

        Assert.Equal(["EnsureAsync m/0"], _begun);
        Assert.Equal(1, _done);
    }

    [Fact]
    public void Apply_AReplicaElsewhere_IsPreparedThereBeforeItMoves()
    {
        _executor.Apply(Plan(on: 2), [Report(1, "m\n0"), Report(2)]);

        Assert.Equal(["PrepareAsync 2", "MoveAsync m/0"], _begun);
    }

    [Fact]
    public void Apply_WhatThePlanHasNoMore_GoesOnceAnotherServes()
    {
        ClusterPlan plan = Plan(on: 1);

        _executor.Apply(plan, [Revised(1, "older", "m\n0"), Report(2, "m\n1")]);
        Assert.DoesNotContain("RetireAsync m/1", _begun);
        _executor.Apply(plan, [Report(1, "m\n0"), Report(2, "m\n1")]);

        Assert.Contains("RetireAsync m/1", _begun);
    }

    [Fact]
    public void Apply_AModelOutOfThePlan_IsRetired()
    {
        _executor.Apply(ClusterPlan.Empty, [Report(1, "m\n0")]);

        Assert.Equal(["RetireAsync m/0"], _begun);
    }

    [Fact]
    public void Apply_AnotherRevisionThanPlanned_IsLoadedInPlace()
    {
        _executor.Apply(Plan(on: 1), [Revised(1, "older", "m\n0")]);

        Assert.Equal(["EnsureAsync m/0"], _begun);
    }

    [Fact]
    public void Apply_AModelThatANodeLoadedByItself_IsReleasedOnceTheNodeKnowsThePlan()
    {
        NodeReport second = Report(2) with { Replicas = [new ReplicaReport { Model = "m", Version = "1" }] };
        ClusterPlan plan = Plan(on: 1) with { Epoch = 5 };

        _executor.Apply(plan, [Report(1, "m\n0"), second with { PlanEpoch = 4 }]);
        Assert.Empty(_begun);
        _executor.Apply(plan, [Report(1, "m\n0"), second with { PlanEpoch = 5 }]);

        Assert.Equal(["ReleaseAsync 2"], _begun);
    }

    [Fact]
    public void Apply_AnOperationUnderWay_IsNotBegunTwice()
    {
        TaskCompletionSource ends = new();
        _outcome = () => ends.Task;

        _executor.Apply(Plan(on: 1), [Report(1)]);
        _executor.Apply(Plan(on: 1), [Report(1)]);

        Assert.Equal(["EnsureAsync m/0"], _begun);
        Assert.True(_executor.IsBusy("m"));
        Assert.False(_executor.IsBusy("other"));
        ends.SetResult();
        Assert.False(_executor.IsBusy("m"));
    }

    [Fact]
    public void Apply_ALoadThatFailed_Backoff()
    {
        _outcome = () => Task.FromException(new InferenceException(InferenceError.Internal, "no such operator"));

        _executor.Apply(Plan(on: 1), [Report(1)]);
        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        _executor.Apply(Plan(on: 1), [Report(1)]);
        Assert.Single(_begun);
        Assert.Equal("no such operator", Assert.Single(_executor.Failures).Value);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_executor.Failures);
        _executor.Apply(Plan(on: 1), [Report(1)]);

        Assert.Equal(2, _begun.Count);
    }

    [Fact]
    public void Retry_ALoadThatFailed_IsTriedAgainAtOnce()
    {
        _outcome = () => Task.FromException(new InferenceException(InferenceError.Internal, "no such operator"));
        _executor.Apply(Plan(on: 1), [Report(1)]);

        _executor.Retry("m");

        Assert.Empty(_executor.Failures);
        _executor.Apply(Plan(on: 1), [Report(1)]);
        Assert.Equal(2, _begun.Count);
    }

    [Fact]
    public void Apply_ANodeThatIsLostMeanwhile_IsNoFailureOfTheModel()
    {
        _outcome = () => Task.FromException(new SiloUnavailableException("gone"));

        _executor.Apply(Plan(on: 1), [Report(1)]);
        _executor.Apply(Plan(on: 1), [Report(1)]);

        Assert.Empty(_executor.Failures);
        Assert.Equal(2, _begun.Count);
    }

    [Fact]
    public void IsApplied_OnlyWhereEveryReplicaLivesInItsRevision()
    {
        ClusterPlan plan = Plan(on: 1);

        Assert.True(PlanExecutor.IsApplied(plan, "m", [Report(1, "m\n0")]));
        Assert.False(PlanExecutor.IsApplied(plan, "m", [Revised(1, "older", "m\n0")]));
        Assert.False(PlanExecutor.IsApplied(plan, "m", [Report(1), Report(2, "m\n0")]));
        Assert.True(PlanExecutor.IsApplied(ClusterPlan.Empty, "m", [Report(1)]));
        Assert.False(PlanExecutor.IsApplied(ClusterPlan.Empty, "m", [Report(1, "m\n0")]));
    }

    private Task Operation(string name)
    {
        _begun.Add(name);
        return _outcome();
    }

    private static SiloAddress Address(int node) => SiloAddress.New(IPAddress.Loopback, node, 1);

    private static ClusterPlan Plan(int on) =>
        new()
        {
            Models =
            [
                new ModelPlan
                {
                    Name = "m",
                    Revision = "r",
                    Replicas = [new ReplicaPlan(0, Address(on), 1)],
                },
            ],
        };

    private static NodeReport Report(int node, params string[] grains) => Revised(node, "r", grains);

    private static NodeReport Revised(int node, string revision, params string[] grains) =>
        new()
        {
            Name = $"n{node}",
            Address = Address(node),
            Resources = new NodeResources { Cores = 1 },
            Offers = grains.Length == 0 ? [] : [new ModelOffer("m", revision, default, 1, IsWanted: false)],
            ReplicaGrains = grains,
        };

    /// <summary>A remote object of which a test sees the names of the methods that are called.</summary>
    public class Recorded : DispatchProxy
    {
        private Func<string, Task>? _called;

        /// <summary>One that tells the name of each method and answers with the task that it is given.</summary>
        public static T Create<T>(Func<string, Task> called)
            where T : class
        {
            T proxy = Create<T, Recorded>();
            ((Recorded)(object)proxy)._called = called;
            return proxy;
        }

        /// <inheritdoc />
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Task done = _called!(targetMethod!.Name);
            return targetMethod.ReturnType == typeof(Task<SiloAddress>) ? AddressAsync(done) : done;
        }

        private static async Task<SiloAddress> AddressAsync(Task done)
        {
            await done;
            return SiloAddress.Zero;
        }
    }
}
