using OrleansInference.Agent.Decisions;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// Advised decisions that wait for an operator's answer, each for as long as the plan that it was made for is in force.
/// The same advice again renews what is said of it; it does not take the place of what an operator is about to answer.
/// Not thread-safe.
/// </summary>
internal sealed class OpenAdvice
{
    private const int Most = 5;

    private readonly DecisionLog _decisions;
    private readonly List<(long Id, PlanCandidate Advised, long Epoch)> _open = [];
    private readonly Queue<long> _approved = new();

    /// <summary>Creates it; what a log of before says is waiting has nobody any more who knows its plan.</summary>
    public OpenAdvice(DecisionLog decisions)
    {
        _decisions = decisions;
        foreach (AgentDecision decision in decisions.All.Where(decision => decision.Outcome == DecisionOutcome.Advised))
        {
            Close(decision.Id, "the placement director has moved since");
        }
    }

    /// <summary>Writes advice down, or renews it where the same change already waits.</summary>
    /// <param name="decision">What is advised; its outcome is <see cref="DecisionOutcome.Advised"/>.</param>
    /// <param name="advised">The change, and the plan that it leads to.</param>
    /// <param name="epoch">Of the plan in force.</param>
    public void Offer(AgentDecision decision, PlanCandidate advised, long epoch)
    {
        (long Id, PlanCandidate Advised, long Epoch) same = _open.Find(other =>
            PlanComparison.AreAlike(other.Advised.Plan, advised.Plan)
        );
        bool isRenewed =
            same.Advised is not null
            && _decisions.Change(same.Id, known => decision with { Id = known.Id, At = known.At });
        if (isRenewed)
        {
            return;
        }
        if (_open.Count == Most)
        {
            Close(_open[0].Id, "newer advice took its place");
        }
        _open.Add((_decisions.Add(decision).Id, advised, epoch));
    }

    /// <summary>An operator's answer.</summary>
    /// <returns>False where the decision does not wait for one.</returns>
    public bool Answer(long id, bool approve)
    {
        if (_approved.Contains(id) || !_open.Exists(other => other.Id == id))
        {
            return false;
        }
        if (approve)
        {
            _approved.Enqueue(id);
        }
        else
        {
            Close(id, "");
        }
        return true;
    }

    /// <summary>The next approved change; advice for another plan than the one in force lapses.</summary>
    /// <param name="epoch">Of the plan in force.</param>
    public (long Id, PlanCandidate Advised)? Take(long epoch)
    {
        foreach ((long id, _, _) in _open.Where(other => other.Epoch != epoch).ToArray())
        {
            Close(id, "no longer possible: the plan has changed since");
        }
        while (_approved.TryDequeue(out long id))
        {
            if (_open.Find(other => other.Id == id) is not { Advised: not null } approved)
            {
                continue;
            }
            _open.Remove(approved);
            return (approved.Id, approved.Advised);
        }

        return null;
    }

    /// <summary>Refuses a decision.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="reason">Why, where it was not an operator.</param>
    public void Close(long id, string reason)
    {
        _decisions.Change(
            id,
            decision =>
                decision with
                {
                    Outcome = DecisionOutcome.Refused,
                    Summary = reason.Length == 0 ? decision.Summary : $"{decision.Summary}; {reason}",
                }
        );
        _open.RemoveAll(other => other.Id == id);
    }
}
