namespace OrleansInference.AspNetBaseline;

internal static class OutputShape
{
    /// <summary>
    /// The shape an output will have, or null where symbols do not tell and ONNX Runtime must allocate.
    /// </summary>
    public static long[]? Resolve(ModelTensor output, ServedModel model, ReadOnlySpan<InputTensor> inputs)
    {
        var shape = new long[output.Dimensions.Length];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = output.Dimensions[axis];
            if (shape[axis] < 0)
            {
                shape[axis] = Find(output.Symbols[axis], model, inputs);
            }
            if (shape[axis] < 0)
            {
                return null;
            }
        }

        return shape;
    }

    private static long Find(string symbol, ServedModel model, ReadOnlySpan<InputTensor> inputs)
    {
        if (symbol.Length == 0)
        {
            return -1;
        }
        foreach (var input in inputs)
        {
            var axis = Array.IndexOf(model.Inputs[input.Model].Symbols, symbol);
            if (axis >= 0 && axis < input.Rank)
            {
                return input.Shape[axis];
            }
        }

        return -1;
    }
}
