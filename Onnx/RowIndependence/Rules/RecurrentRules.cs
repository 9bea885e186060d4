namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>LSTM, GRU and RNN on [time, rows, features].</summary>
internal static class RecurrentRules
{
    /// <summary>
    /// Which inputs may differ from row to row, and the axis of their rows: the sequence, its lengths, the first state.
    /// </summary>
    private static readonly Dictionary<int, int> RowAxes = new()
    {
        [0] = 1,
        [4] = 0,
        [5] = 1,
        [6] = 1,
    };

    /// <summary>Each row by itself; weights are the file's.</summary>
    public static TracedValue[] Recurrent(RuleNode node)
    {
        if (node.Int("layout", 0) != 0)
        {
            throw node.Unproven("its layout is not read here");
        }
        TracedValue sequence = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(sequence);
        if (shape.Count != 3 || sequence.Axis is not (null or 1))
        {
            throw node.Unproven("its rows are not its batch");
        }
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            if (node.Optional(i) is not { } input)
            {
                continue;
            }
            bool rows = RowAxes.TryGetValue(i, out int axis) && sequence.IsBatched;
            if (rows ? input.Axis != axis || !node.Shape(input)[axis].Equals(shape[1]) : input.IsBatched)
            {
                throw node.Unproven($"input {i} does not go with its rows");
            }
        }

        SymbolicSize directions = SymbolicSize.Of(node.Text("direction", "forward") == "bidirectional" ? 2 : 1);
        SymbolicSize hidden = node.Int("hidden_size", 0) is > 0 and var size ? SymbolicSize.Of(size) : node.Unknown();
        TracedValue all = TracedValue.Of([shape[0], directions, shape[1], hidden], sequence.IsBatched ? 2 : null);
        TracedValue last = TracedValue.Of([directions, shape[1], hidden], sequence.IsBatched ? 1 : null);
        return [.. Enumerable.Range(0, node.OutputPlaces).Select(output => output == 0 ? all : last)];
    }
}
