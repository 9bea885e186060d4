using System.Collections.Frozen;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Scheduling.Tests.Admission;

public sealed class AdmissionPolicyTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(100);
    private static readonly QueuePolicy Policy = new() { SloP99Ms = 50 };

    /// <summary>One row 10 ms, batches of one, one at a time.</summary>
    private readonly ReplicaSchedule<QueuedRequest> _replica = Schedule(new BatchLimits { MaxQueuedRequests = 5 });

    [Fact]
    public void Admit_ARequest_IsOrderedByTheEarlierOfDeadlineAndObjective()
    {
        QueuedRequest objective = Request();
        QueuedRequest deadline = Request(timeoutMs: 30);

        Assert.Equal(AdmissionVerdict.Admitted, Admit(objective));
        Assert.Equal(AdmissionVerdict.Admitted, Admit(deadline));

        Assert.Equal(Now + TimeSpan.FromMilliseconds(50), objective.Key.Due);
        Assert.Equal(Now + TimeSpan.FromMilliseconds(30), deadline.Key.Due);
        Assert.Equal(deadline.Deadline, _replica.WakeAt);
    }

    [Fact]
    public void Admit_AFullQueue_RefusesBackgroundWorkFirst()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(AdmissionVerdict.Admitted, Admit(Request(background: true)));
        }

        QueueAdmission refused = AdmissionPolicy.Admit(_replica, Request(background: true), Policy, Now);

        Assert.Equal((AdmissionVerdict.QueueFull, 3), (refused.Verdict, refused.Room));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(AdmissionVerdict.Admitted, Admit(Request()));
        }
        Assert.Equal(AdmissionVerdict.QueueFull, Admit(Request()));
    }

    [Theory]
    [InlineData(9, AdmissionVerdict.NeverInTime)]
    [InlineData(33, AdmissionVerdict.Overloaded)]
    [InlineData(35, AdmissionVerdict.Admitted)]
    public void Admit_TwoRowsAhead_AsksForTheirTimeAFifthAndItsOwn(double timeoutMs, AdmissionVerdict expected)
    {
        for (int i = 0; i < 2; i++)
        {
            Admit(Request(sloMs: 1));
        }

        QueueAdmission admission = AdmissionPolicy.Admit(_replica, Request(timeoutMs: timeoutMs), Policy, Now);

        Assert.Equal(expected, admission.Verdict);
        Assert.Equal(30, (admission.PredictedFinish - Now).TotalMilliseconds, 0.01);
        Assert.Equal(expected == AdmissionVerdict.Admitted ? 3 : 2, _replica.Queue.Count);
    }

    [Fact]
    public void Admit_AllRunsBusy_WaitForHalfOfOne()
    {
        Admit(Request());
        TurnPolicy.TryAdd(_replica, Now);
        TurnPolicy.TryBegin(_replica, Now, [], []);

        QueueAdmission admission = AdmissionPolicy.Admit(_replica, Request(timeoutMs: 100), Policy, Now);

        Assert.Equal(15, (admission.PredictedFinish - Now).TotalMilliseconds, 0.01);
    }

    [Fact]
    public void Admit_NothingMeasured_LetsInWhateverIsAhead()
    {
        ReplicaSchedule<QueuedRequest> unknown = new(new BatchLimits(), new BatchCostEstimator());
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(
                AdmissionVerdict.Admitted,
                AdmissionPolicy.Admit(unknown, Request(timeoutMs: 0.001), Policy, Now).Verdict
            );
        }
    }

    [Theory]
    [InlineData(AdmissionRule.Room, 1, AdmissionVerdict.Admitted)]
    [InlineData(AdmissionRule.EarlyDrop, 9, AdmissionVerdict.NeverInTime)]
    [InlineData(AdmissionRule.EarlyDrop, 11, AdmissionVerdict.Admitted)]
    public void Admit_AnotherRule_IsFollowed(AdmissionRule rule, double timeoutMs, AdmissionVerdict expected)
    {
        for (int i = 0; i < 3; i++)
        {
            Admit(Request(sloMs: 1));
        }

        Assert.Equal(
            expected,
            AdmissionPolicy.Admit(_replica, Request(timeoutMs: timeoutMs), Policy with { Rule = rule }, Now).Verdict
        );
    }

    [Fact]
    public void Admit_OverdueRequestsThatAreServedLate_AreLetIn()
    {
        QueuedRequest late = Request(timeoutMs: 1);

        Assert.Equal(
            AdmissionVerdict.Admitted,
            AdmissionPolicy
                .Admit(_replica, late, Policy with { Default = new() { RejectOverdue = false } }, Now)
                .Verdict
        );
        Assert.False(late.DropWhenOverdue);
    }

    [Fact]
    public void Admit_AFullLevel_RefusesThatLevelOnly()
    {
        QueuePolicy policy = Policy with
        {
            PriorityLevels = 2,
            DefaultPriority = 2,
            Levels = Levels(new LevelPolicy { MaxQueuedRequests = 1 }),
        };
        ReplicaSchedule<QueuedRequest> replica = new(new BatchLimits(), new BatchCostEstimator(), policy.LimitsLevels);
        AdmissionPolicy.Admit(replica, Request(priority: 1), policy, Now);

        QueueAdmission refused = AdmissionPolicy.Admit(replica, Request(priority: 1), policy, Now);

        Assert.Equal((AdmissionVerdict.LevelFull, 1), (refused.Verdict, refused.Room));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(AdmissionVerdict.Admitted, AdmissionPolicy.Admit(replica, Request(), policy, Now).Verdict);
        }
        List<QueuedRequest> overdue = [];
        List<BatchEntry<QueuedRequest>> batch = [];
        TurnPolicy.TryAdd(replica, Now);
        TurnPolicy.TryBegin(replica, Now, batch, overdue);
        Assert.Equal(1UL, Assert.Single(batch).Request.Key.Priority);
        Assert.Equal(
            AdmissionVerdict.Admitted,
            AdmissionPolicy.Admit(replica, Request(priority: 1), policy, Now).Verdict
        );
    }

    [Theory]
    [InlineData(1, 0, 20, true)]
    [InlineData(1, 10, 10, true)]
    [InlineData(1, 30, 20, true)]
    [InlineData(2, 0, 40, false)]
    [InlineData(2, 10, 40, false)]
    public void Admit_APolicyOfALevel_SaysItsDeadline(ulong priority, double askedMs, double expectedMs, bool drops)
    {
        QueuePolicy policy = Policy with
        {
            PriorityLevels = 2,
            DefaultPriority = 2,
            Default = new LevelPolicy
            {
                DefaultTimeout = TimeSpan.FromMilliseconds(40),
                AllowTimeoutOverride = false,
                RejectOverdue = false,
            },
            Levels = Levels(new LevelPolicy { DefaultTimeout = TimeSpan.FromMilliseconds(20) }),
        };
        ReplicaSchedule<QueuedRequest> unmeasured = new(new BatchLimits(), new BatchCostEstimator());
        QueuedRequest request = Request(timeoutMs: askedMs, priority: priority);

        AdmissionPolicy.Admit(unmeasured, request, policy, Now);

        Assert.Equal((expectedMs, drops), ((request.Deadline - Now).TotalMilliseconds, request.DropWhenOverdue));
    }

    [Fact]
    public void Wake_AnOverdueRequestThatIsServedLate_StandsBehindThoseInTimeOfItsPriority()
    {
        QueuePolicy policy = Policy with { Default = new() { RejectOverdue = false } };
        QueuedRequest late = Request(timeoutMs: 5);
        QueuedRequest inTime = Request();
        QueuedRequest less = Request(priority: uint.MaxValue);
        QueuedRequest lessUrgent = Request(priority: (ulong)uint.MaxValue + 1);
        foreach (QueuedRequest request in new[] { lessUrgent, late, inTime, less })
        {
            AdmissionPolicy.Admit(_replica, request, policy, Now);
        }
        List<QueuedRequest> overdue = [];

        Assert.Equal(late.Deadline, _replica.WakeAt);
        TurnPolicy.Wake(_replica, late.Deadline, overdue, TimeSpan.MaxValue);

        Assert.Empty(overdue);
        Assert.Equal(TimeSpan.MaxValue, _replica.WakeAt);
        Assert.Equal(
            [inTime, less, late, lessUrgent],
            new[] { lessUrgent, late, inTime, less }.OrderBy(one => one.Key)
        );
    }

    [Fact]
    public void Admit_ARefusedRequestOfATenant_GivesItsShareBack()
    {
        QueuedRequest refused = Request(timeoutMs: 5, tenant: "a");

        Assert.Equal(AdmissionVerdict.NeverInTime, Admit(refused));
        Assert.Equal(0, _replica.Tenants.Outstanding);
        QueuedRequest served = Request(tenant: "a");
        Admit(served);
        Assert.Equal(1, _replica.Tenants.Outstanding);
        AdmissionPolicy.Leave(_replica, served);
        Assert.Equal(0, _replica.Tenants.Outstanding);
    }

    internal static ReplicaSchedule<QueuedRequest> Schedule(BatchLimits limits)
    {
        BatchCostEstimator cost = new();
        cost.Observe(1, 0.010);
        return new ReplicaSchedule<QueuedRequest>(limits, cost);
    }

    private static QueuedRequest Request(
        double timeoutMs = 0,
        double sloMs = 0,
        bool background = false,
        string tenant = "",
        ulong priority = 0
    )
    {
        InferenceCall request = new()
        {
            ModelName = "m",
            Inputs = [],
            Timeout = TimeSpan.FromMilliseconds(timeoutMs),
            SloP99Ms = sloMs,
            Background = background,
            Tenant = tenant,
            PriorityLevel = priority,
        };
        return new QueuedRequest(request, 1, ShapeSignature.Fixed);
    }

    /// <summary>What is said of priority 1.</summary>
    private static FrozenDictionary<ulong, LevelPolicy> Levels(LevelPolicy first) =>
        new Dictionary<ulong, LevelPolicy> { [1] = first }.ToFrozenDictionary();

    private AdmissionVerdict Admit(QueuedRequest request) =>
        AdmissionPolicy.Admit(_replica, request, Policy, Now).Verdict;
}
