using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Jobs.Formats;

namespace OrleansInference.Grains.Jobs;

/// <summary>Decides which columns of a file feed which input of a model.</summary>
internal static class InputPlan
{
    /// <summary>Maps the columns of a file to the model's inputs.</summary>
    /// <exception cref="InferenceException">A column or input is missing, or sizes or types do not fit.</exception>
    public static BulkInput[] For(BulkJobSpec spec, ModelMetadata model, RowColumn[] columns)
    {
        foreach ((string column, string input) in spec.Columns)
        {
            if (columns.All(known => known.Name != column))
            {
                throw Invalid($"'{spec.Input}' has no column '{column}'; it has: {Names(columns)}");
            }
            if (model.Inputs.All(known => known.Name != input))
            {
                throw Invalid(
                    $"column '{column}' is mapped to '{input}', which is no input of model '{model.Name}'; it "
                        + $"has: {string.Join(", ", model.Inputs.Select(known => known.Name))}"
                );
            }
        }

        foreach (string output in spec.Outputs)
        {
            if (model.Outputs.All(known => known.Name != output))
            {
                throw Invalid(
                    $"'{output}' is no output of model '{model.Name}'; it has: "
                        + $"{string.Join(", ", model.Outputs.Select(known => known.Name))}"
                );
            }
        }

        return [.. model.Inputs.Select(input => Input(spec, model, columns, input))];
    }

    private static BulkInput Input(BulkJobSpec spec, ModelMetadata model, RowColumn[] columns, TensorMetadata input)
    {
        RowColumn[] feeding = FindColumns(spec, model, columns, input);
        if (feeding.Length == 0)
        {
            throw Invalid(
                $"no column of '{spec.Input}' feeds input '{input.Name}' of model '{model.Name}': map one "
                    + $"in columns, or name one '{input.Name}'; it has: {Names(columns)}"
            );
        }
        if (
            Array.Find(
                feeding,
                column => column.Datatype != TensorDatatype.None && column.Datatype != input.Datatype
            ) is
            { } other
        )
        {
            throw Invalid(
                $"'{spec.Input}' has elements of {other.Datatype.WireName()}, input '{input.Name}' takes "
                    + $"{input.Datatype.WireName()}"
            );
        }
        long[] dimensions = model.MaxBatchSize > 0 ? input.Shape[1..] : input.Shape;
        return new BulkInput(
            input.Name,
            input.Datatype,
            Shape(spec, input, dimensions, feeding),
            [.. feeding.Select(column => column.Name)],
            [.. feeding.Select(column => column.Elements)]
        );
    }

    private static RowColumn[] FindColumns(
        BulkJobSpec spec,
        ModelMetadata model,
        RowColumn[] columns,
        TensorMetadata input
    )
    {
        RowColumn[] mapped = [.. columns.Where(column => spec.Columns.GetValueOrDefault(column.Name) == input.Name)];
        if (mapped.Length > 0)
        {
            return mapped;
        }
        RowColumn[] free = [.. columns.Where(column => !spec.Columns.ContainsKey(column.Name))];
        if (Array.Find(free, column => column.Name == input.Name) is { } named)
        {
            return [named];
        }
        List<RowColumn> numbered = [];
        while (Array.Find(free, column => column.Name == $"{input.Name}_{numbered.Count}") is { } next)
        {
            numbered.Add(next);
        }
        return numbered.Count > 0 ? [.. numbered]
            : model.Inputs.Length == 1 ? free
            : [];
    }

    /// <summary>The input's dimensions for one row: the model's, with free dimensions taken from the columns.</summary>
    private static long[] Shape(BulkJobSpec spec, TensorMetadata input, long[] dimensions, RowColumn[] feeding)
    {
        long elements = feeding.Sum(column => column.Elements);
        int free = dimensions.Count(dimension => dimension < 0);
        long[] own = feeding.Length == 1 ? feeding[0].Shape : [];
        bool agrees =
            own.Length == dimensions.Length
            && dimensions.Zip(own).All(pair => pair.First < 0 || pair.First == pair.Second);
        if (agrees)
        {
            return own;
        }
        long known = dimensions
            .Where(dimension => dimension >= 0)
            .Aggregate(1L, (product, dimension) => product * dimension);
        bool fits = free == 0 ? known == elements : free == 1 && known > 0 && elements % known == 0;
        if (!fits)
        {
            string shape = own.Length > 0 ? $" of shape {TensorShape.Format(own)}" : "";
            throw Invalid(
                $"a row of '{spec.Input}' gives input '{input.Name}' {elements} elements{shape}, "
                    + $"it takes shape {TensorShape.Format(dimensions)} for a row"
            );
        }
        return [.. dimensions.Select(dimension => dimension < 0 ? elements / known : dimension)];
    }

    private static string Names(RowColumn[] columns) =>
        string.Join(", ", columns.Select(column => column.Name.Length > 0 ? column.Name : "one without a name"));

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
