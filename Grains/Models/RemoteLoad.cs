using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Models;

/// <summary>What became of a load that was asked of another node.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why it failed; empty where it did not.</param>
internal readonly record struct RemoteLoad(RemoteLoadOutcome Outcome, string Reason)
{
    /// <summary>Reads the answer of <see cref="INodeService.LoadOwnAsync"/>.</summary>
    public static RemoteLoad FromAnswer(string? answer) =>
        // The wire keeps its text: nodes of two versions call each other during a rolling upgrade.
        answer switch
        {
            null => new RemoteLoad(RemoteLoadOutcome.NotInRepository, ""),
            "" => new RemoteLoad(RemoteLoadOutcome.Loaded, ""),
            _ => new RemoteLoad(RemoteLoadOutcome.Failed, answer),
        };
}
