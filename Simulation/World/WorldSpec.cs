namespace OrleansInference.Simulation.World;

/// <summary>Everything that a simulated cluster is made of.</summary>
/// <param name="Nodes">The nodes.</param>
/// <param name="Models">The models.</param>
/// <param name="Law">How long runs take.</param>
public sealed record WorldSpec(IReadOnlyList<WorldNode> Nodes, IReadOnlyList<WorldModel> Models, IServiceLaw Law);
