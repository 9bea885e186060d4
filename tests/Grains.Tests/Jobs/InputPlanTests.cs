using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Jobs;
using OrleansInference.Jobs.Formats;

namespace OrleansInference.Grains.Tests.Jobs;

public sealed class InputPlanTests
{
    private static readonly RowColumn[] Table =
    [
        new("id", []),
        new("a", []),
        new("b_0", []),
        new("b_1", []),
        new("c", []),
    ];

    [Fact]
    public void Of_MappedNamedAndNumberedColumns_FeedTheirInputs()
    {
        BulkInput[] inputs = Plan(
            Table,
            new() { ["c"] = "x", ["id"] = "x" },
            Input("x", -1, 2),
            Input("a", -1, 1),
            Input("b", -1, -1)
        );

        Assert.Equal(["id,c", "a", "b_0,b_1"], inputs.Select(input => string.Join(',', input.Columns)));
        Assert.Equal(["[2]", "[1]", "[2]"], inputs.Select(input => TensorShape.Format(input.Shape)));
    }

    [Fact]
    public void Of_OneInputAndNoColumnOfItsName_TakesAllColumns() =>
        Assert.Equal(Table.Select(column => column.Name), Plan(Table, [], Input("x", -1, 5)).Single().Columns);

    [Fact]
    public void Of_AnArrayOfTheModelsShape_KeepsIt() =>
        Assert.Equal(
            [3L, 7],
            Plan([new RowColumn("", [3, 7], TensorDatatype.Fp32)], [], Input("x", -1, 3, -1)).Single().Shape
        );

    [Theory]
    [InlineData(4, "a row of 'in' gives input 'x' 5 elements, it takes shape [4] for a row")]
    [InlineData(6, "gives input 'x' 5 elements")]
    public void Of_AnotherNumberOfElements_IsRefused(long width, string expected) =>
        Assert.Contains(expected, Refusal(Table, [], Input("x", -1, width)), StringComparison.Ordinal);

    [Fact]
    public void Of_WhatIsMissing_IsNamedWithWhatThereIs()
    {
        Assert.Contains(
            "no column of 'in' feeds input 'y' of model 'm'",
            Refusal(Table, [], Input("a", -1, 1), Input("y", -1, 1)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "'in' has no column 'q'; it has: id, a, b_0, b_1, c",
            Refusal(Table, new() { ["q"] = "a" }, Input("a", -1, 1)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "'q', which is no input of model 'm'; it has: a",
            Refusal(Table, new() { ["a"] = "q" }, Input("a", -1, 1)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "has elements of INT64, input 'x' takes FP32",
            Refusal([new RowColumn("", [2], TensorDatatype.Int64)], [], Input("x", -1, 2)),
            StringComparison.Ordinal
        );
    }

    private static TensorMetadata Input(string name, params long[] shape) => new(name, TensorDatatype.Fp32, shape);

    private static string Refusal(
        RowColumn[] columns,
        Dictionary<string, string> mapped,
        params TensorMetadata[] inputs
    ) => Assert.Throws<InferenceException>(() => Plan(columns, mapped, inputs)).Message;

    private static BulkInput[] Plan(
        RowColumn[] columns,
        Dictionary<string, string> mapped,
        params TensorMetadata[] inputs
    ) =>
        InputPlan.For(
            new BulkJobSpec
            {
                Model = "m",
                Input = "in",
                Output = "out",
                Columns = mapped,
            },
            new ModelMetadata("m", ["1"], "onnxruntime_onnx", inputs, [], "", []) { MaxBatchSize = 8 },
            columns
        );
}
