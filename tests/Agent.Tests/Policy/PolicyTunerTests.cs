using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Policy;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Tests.Policy;

public sealed class PolicyTunerTests
{
    private static readonly ReplicaView s_view = new()
    {
        Planned = ReplicaKnobs.Unset,
        Current = ReplicaKnobs.Unset,
        Cost = new BatchCost(0.004, 0.001),
        MaxRows = 64,
        SloSeconds = 0.05,
        Seconds = 0.5,
        Requests = 100,
        Violations = 10,
        Rows = 100,
        Runs = 20,
        RunSeconds = 0.2,
        Cores = 4,
    };

    [Fact]
    public void Tune_NoPolicy_IsTheDefault()
    {
        PolicyTuner tuner = new(new PolicySlot());
        RunLengthTuner byDefault = new();

        for (int look = 0; look < 20; look++)
        {
            Assert.Equal(byDefault.Tune(s_view), tuner.Tune(s_view));
        }
    }

    [Fact]
    public void Tune_APolicyThatIsSure_DoesItButForTheWithheldLooks()
    {
        PolicySlot slot = new() { Current = Always(4) };
        PolicyTuner tuner = new(slot);

        int[] rows = [.. Enumerable.Range(0, 32).Select(_ => tuner.Tune(s_view).MaxRows)];

        Assert.Equal(28, rows.Count(most => most == 1));
        Assert.Equal((32, 28), (slot.Asked, slot.Departed));
    }

    [Fact]
    public void Tune_APolicyThatIsUnsure_StaysWithTheDefault()
    {
        PolicySlot slot = new() { Current = Always(4, by: 0.1f) };

        _ = new PolicyTuner(slot).Tune(s_view);

        Assert.Equal((1, 0), (slot.Asked, slot.Departed));
    }

    [Fact]
    public void Tune_ThePlanSetsTheCap_IsLeftAlone()
    {
        PolicySlot slot = new() { Current = Always(4) };
        ReplicaKnobs planned = ReplicaKnobs.Unset with { MaxRows = 7 };

        Assert.Equal(planned, new PolicyTuner(slot).Tune(s_view with { Planned = planned }));
        Assert.Equal(0, slot.Asked);
    }

    [Fact]
    public void Tune_DepartingMakesItWorse_IsSuspendedForLongerEachTime()
    {
        PolicyTuner tuner = new(new PolicySlot { Current = Always(4) });
        List<bool> departed = [false];

        for (int look = 0; look < 600; look++)
        {
            departed.Add(tuner.Tune(s_view with { Violations = departed[^1] ? 40 : 5 }).MaxRows == 1);
        }

        Assert.True(departed.Take(40).Count(each => each) > 10, "it is let at first");
        Assert.True(
            departed.Skip(40).Count(each => each) < 60,
            $"it departed {departed.Skip(40).Count(each => each)} more times of 560"
        );
    }

    [Fact]
    public void Tune_DepartingHelps_GoesOn()
    {
        PolicyTuner tuner = new(new PolicySlot { Current = Always(4) });
        List<bool> departed = [false];

        for (int look = 0; look < 600; look++)
        {
            departed.Add(tuner.Tune(s_view with { Violations = departed[^1] ? 2 : 20 }).MaxRows == 1);
        }

        Assert.True(departed.Count(each => each) > 500);
    }

    [Fact]
    public void Apply_AnyActionOnAnyView_StaysWithinBounds()
    {
        Random random = new(1);
        for (int i = 0; i < 2000; i++)
        {
            ReplicaView view = s_view with
            {
                MaxRows = 1 + random.Next(256),
                Cost = new BatchCost(random.NextDouble(), random.NextDouble() * 0.1),
                SloSeconds = 0.001 + random.NextDouble(),
            };
            ReplicaKnobs knobs = PolicyAction.Apply(
                random.Next(PolicySchema.Actions),
                new RunLengthTuner().Tune(view),
                view
            );

            Assert.InRange(knobs.MaxRows, 0, view.MaxRows);
            Assert.True(knobs.DelayMs <= view.SloSeconds * 50 + 1e-9);
        }
    }

    [Fact]
    public void Write_AnyView_GivesFiniteFeatures()
    {
        Random random = new(2);
        float[] token = new float[PolicySchema.Width];
        PolicyTrend trend = new();
        for (int i = 0; i < 2000; i++)
        {
            trend.Write(
                new ReplicaView
                {
                    MaxRows = random.Next(3),
                    Requests = random.Next(3),
                    Violations = random.Next(2),
                    Seconds = random.Next(2),
                    SloSeconds = random.Next(2),
                    Queued = random.Next(100_000),
                },
                ReplicaKnobs.Unset,
                token
            );
            Assert.All(token, value => Assert.InRange(value, -3, 3));
        }
    }

    private static LearnedPolicy Always(int action, float by = 10) =>
        new(
            "test",
            (tokens, mask, sets, count, actions, ranks) =>
            {
                actions.Clear();
                actions[action] = by;
            }
        );
}
