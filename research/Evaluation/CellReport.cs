using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>How everybody did in a cell.</summary>
/// <param name="Cell">The cell's name.</param>
/// <param name="Contestants">Name, the setting that training chose, and the share of requests in time on each held-out
/// trace; last its mean in the seconds before, in which everybody adapts.</param>
/// <param name="BestStatic">The same of the best fixed setting in hindsight.</param>
public sealed record CellReport(
    string Cell,
    IReadOnlyList<(string Name, string Setting, double[] Attainment, double WhileAdapting)> Contestants,
    (string Setting, double[] Attainment) BestStatic
)
{
    /// <summary>
    /// The offline oracle that can be had: on each held-out trace, whichever baseline or fixed setting serves it best.
    /// </summary>
    public required double[] BestOfEachTrace { get; init; }

    /// <summary>
    /// The offline oracle that nobody can exceed (<see cref="OfflineOracle"/>), on each held-out trace.
    /// </summary>
    public required double[] Bound { get; init; }

    /// <summary>The agent's.</summary>
    public double[] Agent =>
        Contestants.First(contestant => contestant.Name == Evaluation.Contestants.Agent).Attainment;

    /// <summary>The best of the others.</summary>
    public (string Name, string Setting, double[] Attainment, double WhileAdapting) BestBaseline =>
        Contestants
            .Where(contestant => contestant.Name != Evaluation.Contestants.Agent)
            .MaxBy(contestant => contestant.Attainment.Average());

    /// <summary>The agent's lead over it in points, with its 95 % interval.</summary>
    public (double Mean, double Low, double High) Lead =>
        Bootstrap.Mean([.. Agent.Zip(BestBaseline.Attainment, (mine, theirs) => (mine - theirs) * 100)]);

    /// <summary>The agent's goodput ÷ that of the best fixed setting in hindsight.</summary>
    public double OfBestStatic => Agent.Average() / BestStatic.Attainment.Average();
}
