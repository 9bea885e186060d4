using OrleansInference.Agent.Decisions;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

/// <summary>What waits for an operator's answer, and for how long.</summary>
public class OpenAdviceTests
{
    private readonly DecisionLog _log = new(100);

    [Fact]
    public void Answer_AnOlderAdviceThanTheLast_IsCarriedOut()
    {
        OpenAdvice advice = TwoOpen();

        Assert.True(advice.Answer(1, approve: true));

        Assert.Equal("a", advice.Take(1)?.Advised.Plan.Models[0].Name);
        Assert.Null(advice.Take(1));
    }

    [Fact]
    public void Offer_TheSameChangeAgain_RenewsWhatIsSaidOfIt()
    {
        OpenAdvice advice = new(_log);
        advice.Offer(Decision("brings 3 of 100"), Leading("a"), 1);
        advice.Offer(Decision("brings 5 of 100"), Leading("a"), 1);

        AgentDecision only = Assert.Single(_log.All);

        Assert.Equal((1, "brings 5 of 100", DecisionOutcome.Advised), (only.Id, only.Summary, only.Outcome));
        Assert.True(advice.Answer(1, approve: true));
    }

    [Fact]
    public void Take_AnotherPlanIsInForce_WhatWaitsLapsesAndSaysWhy()
    {
        OpenAdvice advice = TwoOpen();
        Assert.True(advice.Answer(1, approve: true));

        Assert.Null(advice.Take(2));

        Assert.All(_log.All, decision => Assert.Equal(DecisionOutcome.Refused, decision.Outcome));
        Assert.Contains("the plan has changed since", _log.All[1].Summary, StringComparison.Ordinal);
        Assert.False(advice.Answer(2, approve: true));
    }

    [Fact]
    public void Answer_RefusedOrUnknownOrTwice_DoesNotWaitAnyMore()
    {
        OpenAdvice advice = TwoOpen();

        Assert.True(advice.Answer(1, approve: false));
        Assert.False(advice.Answer(1, approve: true));
        Assert.True(advice.Answer(2, approve: true));
        Assert.False(advice.Answer(2, approve: true));
        Assert.False(advice.Answer(3, approve: true));

        Assert.Equal(DecisionOutcome.Refused, _log.All[0].Outcome);
    }

    [Fact]
    public void Offer_MoreThanFive_TheOldestMakesRoom()
    {
        OpenAdvice advice = new(_log);
        for (int i = 0; i < 6; i++)
        {
            advice.Offer(Decision($"change {i}"), Leading($"m{i}"), 1);
        }

        Assert.Equal(5, _log.All.Count(decision => decision.Outcome == DecisionOutcome.Advised));
        Assert.False(advice.Answer(1, approve: true));
    }

    [Fact]
    public void Create_ALogOfADirectorBefore_NothingPretendsToWait()
    {
        _log.Add(Decision("of before"));

        OpenAdvice advice = new(_log);

        Assert.Equal(DecisionOutcome.Refused, _log.All[0].Outcome);
        Assert.False(advice.Answer(1, approve: true));
    }

    private OpenAdvice TwoOpen()
    {
        OpenAdvice advice = new(_log);
        advice.Offer(Decision("first"), Leading("a"), 1);
        advice.Offer(Decision("second"), Leading("b"), 1);
        return advice;
    }

    private static AgentDecision Decision(string summary) =>
        new() { Summary = summary, Outcome = DecisionOutcome.Advised };

    private static PlanCandidate Leading(string model)
    {
        ClusterPlan plan = ClusterPlan.Empty with { Models = [new ModelPlan { Name = model, Revision = "r" }] };
        return new PlanCandidate(new ReplicaAdded(model, "n"), plan, default, 1);
    }
}
