using CsCheck;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Tests.FastLoop;

public sealed class RunLengthTunerTests
{
    [Fact]
    public void Tune_AnyReplica_KeepsRunsWithinTheObjectiveAndTheModelsMaximum() =>
        Gen.Select(Gen.Double[0, 0.05], Gen.Double[1e-6, 0.05], Gen.Int[1, 128], Gen.Double[0.001, 1], Gen.Int[0, 100])
            .Sample(
                (fixedPart, perRow, maxRows, slo, missed) =>
                {
                    RunLengthTuner tuner = new();
                    for (int i = 0; i < 20; i++)
                    {
                        ReplicaKnobs knobs = tuner.Tune(
                            new ReplicaView
                            {
                                Planned = ReplicaKnobs.Unset,
                                Cost = new BatchCost(fixedPart, perRow),
                                MaxRows = maxRows,
                                SloSeconds = slo,
                                Seconds = 0.5,
                                Requests = 100,
                                Violations = missed,
                            }
                        );

                        Assert.InRange(knobs.MaxRows, 0, maxRows);
                        if (knobs.MaxRows > 1)
                        {
                            Assert.True(fixedPart + (perRow * knobs.MaxRows) <= slo * 0.66);
                        }
                    }
                }
            );

    [Fact]
    public void Tune_APlannedCap_IsLeftAlone()
    {
        ReplicaKnobs planned = ReplicaKnobs.Unset with { MaxRows = 7, Instances = 2 };

        Assert.Equal(
            planned,
            new RunLengthTuner().Tune(
                new ReplicaView
                {
                    Planned = planned,
                    Cost = new BatchCost(0.01, 0.001),
                    MaxRows = 64,
                    SloSeconds = 0.02,
                }
            )
        );
    }

    [Fact]
    public void Tune_MoreThanItCanServe_AllowsLongerRunsWhereTheySave()
    {
        ReplicaView view = new()
        {
            Planned = ReplicaKnobs.Unset,
            Cost = new BatchCost(0.02, 0.001),
            MaxRows = 128,
            SloSeconds = 0.1,
            Seconds = 0.5,
            Requests = 100,
        };
        RunLengthTuner tuner = new();

        int calm = tuner.Tune(view).MaxRows;
        int pressed = 0;
        for (int i = 0; i < 20; i++)
        {
            pressed = tuner.Tune(view with { Violations = 50 }).MaxRows;
        }

        Assert.Equal(20, calm);
        Assert.True(pressed > 40, $"{pressed}");
    }
}
