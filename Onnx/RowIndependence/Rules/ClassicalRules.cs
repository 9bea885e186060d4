namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>
/// Operators of ai.onnx.ml, on a matrix of [rows, features]. A vector is one row to them, so that it is not read here.
/// </summary>
internal static class ClassicalRules
{
    /// <summary>Trees, linear models and support vectors: a number or more for each row.</summary>
    public static TracedValue[] Regressor(RuleNode node) =>
        [TracedValue.Of([Rows(node), node.Unknown()], Matrix(node).Axis)];

    /// <summary>Classifiers: a label and scores for each row.</summary>
    public static TracedValue[] Classifier(RuleNode node)
    {
        int? axis = Matrix(node).Axis;
        TracedValue label = TracedValue.Of([Rows(node)], axis);
        TracedValue scores = TracedValue.Of([Rows(node), node.Unknown()], axis);
        return [.. Enumerable.Range(0, node.OutputPlaces).Select(output => output == 0 ? label : scores)];
    }

    /// <summary>Operators that change each feature, or each row as a whole, in its place.</summary>
    public static TracedValue[] Features(RuleNode node)
    {
        TracedValue value = Matrix(node);
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    /// <summary>Operators that give each row another number of features.</summary>
    public static TracedValue[] Vectorizer(RuleNode node)
    {
        TracedValue[] parts = [.. node.Given];
        TracedValue value = Matrix(node);
        if (
            parts.Any(part =>
                part.Axis != value.Axis || node.Shape(part).Count != 2 || !part.Shape![0].Equals(value.Shape![0])
            )
        )
        {
            throw node.Unproven("its inputs have different numbers of rows");
        }
        return [TracedValue.Of([value.Shape![0], node.Unknown()], value.Axis)];
    }

    /// <summary>ArrayFeatureExtractor: the same columns of each row.</summary>
    public static TracedValue[] Columns(RuleNode node)
    {
        node.RequireUniform(1, "columns");
        return [TracedValue.Of([Rows(node), node.Unknown()], Matrix(node).Axis)];
    }

    private static SymbolicSize Rows(RuleNode node) => Matrix(node).Shape![0];

    private static TracedValue Matrix(RuleNode node)
    {
        TracedValue value = node.Input(0);
        bool isMatrix = node.Shape(value).Count == 2 && value.Axis is null or 0;
        return isMatrix ? value : throw node.Unproven("its input is no matrix of rows");
    }
}
