using CsCheck;
using OrleansInference.Scheduling.Admission;

namespace OrleansInference.Scheduling.Tests.Admission;

public sealed class ModelGateTests
{
    /// <summary>100 rows a second, 10 ms each.</summary>
    private static readonly ServiceCapacity Capacity = new(100, 0.01, 0, 1000);

    private readonly ModelGate _gate = new();

    [Fact]
    public void TryEnter_WithADeadline_AdmitsWhatCanBeAnsweredInTime()
    {
        int admitted = Enumerable.Range(0, 300).Count(_ => Enter("a", timeoutMs: 1000).Verdict == GateVerdict.Admit);

        // A second's deadline at 100 a second, less the margin for errors of prediction.
        Assert.InRange(admitted, 75, 90);
        GateDecision refused = Enter("a", timeoutMs: 1000);
        Assert.Equal(GateVerdict.Overloaded, refused.Verdict);
        Assert.InRange(refused.RetryAfterSeconds, 0.1, 1);
        Assert.Equal(GateVerdict.Admit, Enter("a", timeoutMs: 5000).Verdict);
    }

    [Fact]
    public void TryEnter_WithoutADeadline_AdmitsUpToTheBoundOfTheQueue()
    {
        Assert.Equal(1000, Enumerable.Range(0, 1500).Count(_ => Enter("a").Verdict == GateVerdict.Admit));
        _gate.Leave("a");
        Assert.Equal(GateVerdict.Admit, Enter("a").Verdict);
    }

    [Fact]
    public void TryEnter_AnIdleModelThatIsTooSlow_LetsOneTry() =>
        Assert.Equal(GateVerdict.Admit, Enter("a", timeoutMs: 1).Verdict);

    [Fact]
    public void TryEnter_AFloodOfOneTenant_LeavesTheOtherItsShare()
    {
        Enter("small", weight: 1);
        for (int i = 0; i < 5000; i++)
        {
            Enter("flood", weight: 1);
        }
        int small = Enumerable.Range(0, 1000).Count(_ => Enter("small", weight: 1).Verdict == GateVerdict.Admit);

        Assert.Equal(499, small);
    }

    [Fact]
    public void TryEnter_Weights_DivideAContendedQueue()
    {
        int[] places = new int[2];
        for (int i = 0; i < 5000; i++)
        {
            if (Enter("light", weight: 1).Verdict == GateVerdict.Admit)
            {
                places[0]++;
            }
            if (Enter("heavy", weight: 3).Verdict == GateVerdict.Admit)
            {
                places[1]++;
            }
        }

        Assert.InRange(places[0], 245, 255);
        Assert.InRange(places[1], 745, 755);
    }

    [Fact]
    public void TryEnter_ATenantAlone_MayFillTheQueue() =>
        Assert.Equal(1000, Enumerable.Range(0, 2000).Count(_ => Enter("only").Verdict == GateVerdict.Admit));

    [Fact]
    public void TryEnter_AnyOrder_NeverHoldsMoreThanTheBound() =>
        Gen.Select(Gen.Int[0, 4], Gen.Bool)
            .Array[0, 400]
            .Sample(steps =>
            {
                ModelGate gate = new();
                ServiceCapacity capacity = new(100, 0.01, 0, 50);
                Dictionary<string, int> inside = [];
                foreach ((int tenant, bool enters) in steps)
                {
                    string name = $"t{tenant}";
                    if (enters)
                    {
                        if (
                            gate.TryEnter(capacity, name, tenant + 1, TimeSpan.Zero, TimeSpan.Zero).Verdict
                            == GateVerdict.Admit
                        )
                        {
                            inside[name] = inside.GetValueOrDefault(name) + 1;
                        }
                    }
                    else if (inside.GetValueOrDefault(name) > 0)
                    {
                        gate.Leave(name);
                        inside[name]--;
                    }

                    if (gate.Outstanding != inside.Values.Sum() || gate.Outstanding > 50)
                    {
                        return false;
                    }
                }

                return true;
            });

    [Fact]
    public void TryTake_ABucket_GivesItsRate()
    {
        TokenBucket bucket = new(10, TimeSpan.Zero);
        int taken = Enumerable.Range(0, 1000).Count(i => bucket.TryTake(TimeSpan.FromMilliseconds(10 * i), out _));

        Assert.InRange(taken, 105, 111);
        Assert.False(bucket.TryTake(TimeSpan.FromSeconds(9.99), out double retry));
        Assert.InRange(retry, 0.0001, 0.1);
    }

    private GateDecision Enter(string tenant, double weight = 1, double timeoutMs = 0) =>
        _gate.TryEnter(Capacity, tenant, weight, TimeSpan.FromMilliseconds(timeoutMs), TimeSpan.Zero);
}
