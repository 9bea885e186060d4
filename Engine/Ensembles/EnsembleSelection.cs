namespace OrleansInference.Engine.Ensembles;

/// <summary>The part of an ensemble that a request needs: the steps to run, and who reads each tensor. Immutable.</summary>
internal sealed class EnsembleSelection
{
    private readonly Dictionary<string, int> _readers = [];

    /// <summary>Selects what leads to the outputs asked for.</summary>
    /// <param name="steps">All steps.</param>
    /// <param name="outputs">All of the ensemble's outputs.</param>
    /// <param name="requested">Those asked for.</param>
    public EnsembleSelection(
        IReadOnlyList<EnsembleStep> steps,
        IReadOnlyCollection<string> outputs,
        IReadOnlyCollection<string> requested
    )
    {
        Outputs = requested;
        Steps = Needed(steps, outputs.Except(requested), requested);
        foreach (string tensor in Steps.SelectMany(step => step.Inputs.Values).Concat(requested))
        {
            _readers[tensor] = Readers(tensor) + 1;
        }
    }

    /// <summary>The steps to run, in the configuration's order.</summary>
    public IReadOnlyList<EnsembleStep> Steps { get; }

    /// <summary>The outputs to give.</summary>
    public IReadOnlyCollection<string> Outputs { get; }

    /// <summary>How many steps read a tensor; one more where it is given out.</summary>
    public int Readers(string tensor) => _readers.GetValueOrDefault(tensor);

    /// <summary>
    /// What a step is asked for: what somebody reads of it, or all where nobody reads any, since it runs for what it
    /// does then.
    /// </summary>
    public string[] RequestedOutputs(EnsembleStep step)
    {
        string[] read = [.. step.Outputs.Where(output => Readers(output.Value) > 0).Select(output => output.Key)];
        return read.Length > 0 ? read : [.. step.Outputs.Keys];
    }

    /// <summary>
    /// Without the steps of which everything made is superfluous: an output that nobody asked for, or what only such
    /// steps read. As Triton does; a step whose outputs never had a reader is kept.
    /// </summary>
    private static List<EnsembleStep> Needed(
        IReadOnlyList<EnsembleStep> steps,
        IEnumerable<string> unwanted,
        IReadOnlyCollection<string> requested
    )
    {
        List<EnsembleStep> needed = [.. steps];
        HashSet<string> superfluous = [.. unwanted];
        while (
            needed.Find(step =>
                step.Outputs.Values.All(tensor => superfluous.Contains(tensor) && !IsRead(needed, tensor))
            )
                is { } pruned
        )
        {
            needed.Remove(pruned);
            superfluous.UnionWith(pruned.Inputs.Values.Except(requested));
        }

        return needed;
    }

    private static bool IsRead(List<EnsembleStep> steps, string tensor) =>
        steps.Exists(step => step.Inputs.Values.Contains(tensor));
}
