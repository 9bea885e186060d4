using Microsoft.ML.OnnxRuntime;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Samples;

/// <summary>Every fixture runs in ONNX Runtime and has the trait it is named for.</summary>
public sealed class FixtureModelsTests
{
    public static TheoryData<TensorProto.Types.DataType> ElementTypes =>
        [
            .. Enum.GetValues<TensorProto.Types.DataType>()
                .Where(type =>
                    type
                        is > TensorProto.Types.DataType.Undefined
                            and <= TensorProto.Types.DataType.Bfloat16
                            and not TensorProto.Types.DataType.Complex64
                            and not TensorProto.Types.DataType.Complex128
                ),
        ];

    [Theory]
    [MemberData(nameof(ElementTypes))]
    public void Identity_EveryElementType_ReturnsItsInput(TensorProto.Types.DataType type)
    {
        using InferenceSession session = new(FixtureModels.Identity(type, 3));
        Assert.Equal((int)type, (int)session.InputMetadata["x"].ElementDataType);
        Assert.Equal([-1, 3], session.InputMetadata["x"].Dimensions);
        using OrtValue x = Value((Microsoft.ML.OnnxRuntime.Tensors.TensorElementType)type);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["x"], [x], ["y"]);
        if (type == TensorProto.Types.DataType.String)
        {
            Assert.Equal(x.GetStringTensorAsArray(), results[0].GetStringTensorAsArray());
        }
        else
        {
            Assert.Equal(x.GetTensorDataAsSpan<byte>(), results[0].GetTensorDataAsSpan<byte>());
        }
    }

    [Fact]
    public void Mlp_AnyBatch_GivesOneRowEach()
    {
        using InferenceSession session = new(FixtureModels.Mlp(4, 8, 2));
        float[] both = Run(session, ("x", [1, 2, 3, 4, -1, 0, 1, 2], [2, 4]));
        Assert.Equal(4, both.Length);
        Assert.NotEqual(both[0], both[2]);
        Assert.Equal(both[..2], Run(session, ("x", [1, 2, 3, 4], [1, 4])), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void FixedBatch_OneRow_DoublesAndRefusesTwo()
    {
        using InferenceSession session = new(FixtureModels.FixedBatch(2));
        Assert.Equal([2, 4], Run(session, ("x", [1, 2], [1, 2])));
        Assert.Throws<OnnxRuntimeException>(() => Run(session, ("x", [1, 2, 3, 4], [2, 2])));
    }

    [Fact]
    public void NoBatch_Vector_Doubles()
    {
        using InferenceSession session = new(FixtureModels.NoBatch(3));
        Assert.Equal([2, 4, 6], Run(session, ("x", [1, 2, 3], [3])));
    }

    [Fact]
    public void OptionalInput_LeftOutOrGiven_UsesDefaultOrValue()
    {
        using InferenceSession session = new(FixtureModels.OptionalInput(2));
        Assert.Contains("scale", session.OverridableInitializerMetadata.Keys);
        Assert.Equal([2, 4], Run(session, ("x", [1, 2], [1, 2])));
        Assert.Equal([5, 10], Run(session, ("x", [1, 2], [1, 2]), ("scale", [5], [1])));
    }

    [Fact]
    public void RowsInteract_TwoRows_DifferFromTheSameRowsAlone()
    {
        using InferenceSession session = new(FixtureModels.RowsInteract(2));
        Assert.Equal([-1, -1, 1, 1], Run(session, ("x", [1, 2, 3, 4], [2, 2])));
        Assert.Equal([0, 0], Run(session, ("x", [1, 2], [1, 2])));
    }

    [Fact]
    public void TwoDynamicDimensions_AnyShape_AddsOne()
    {
        using InferenceSession session = new(FixtureModels.TwoDynamicDimensions());
        Assert.Equal([-1, -1], session.InputMetadata["x"].Dimensions);
        Assert.Equal([2, 3, 4], Run(session, ("x", [1, 2, 3], [1, 3])));
        Assert.Equal([2, 3], Run(session, ("x", [1, 2], [2, 1])));
    }

    private static float[] Run(InferenceSession session, params (string Name, float[] Values, long[] Shape)[] inputs)
    {
        OrtValue[] values =
        [
            .. inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape)),
        ];
        try
        {
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(
                options,
                [.. inputs.Select(input => input.Name)],
                values,
                ["y"]
            );
            return [.. results[0].GetTensorDataAsSpan<float>()];
        }
        finally
        {
            foreach (OrtValue value in values)
            {
                value.Dispose();
            }
        }
    }

    private static OrtValue Value(Microsoft.ML.OnnxRuntime.Tensors.TensorElementType type)
    {
        if (type == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.String)
        {
            return OrtValue.CreateFromStringTensor(
                new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<string>(
                    (string[])["a", "", "ü", "d", "e", "f"],
                    [2, 3]
                )
            );
        }

        OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, [2, 3]);
        // Zeros and ones in any layout: they are valid booleans too.
        Span<byte> bytes = value.GetTensorMutableRawData();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(i % 2);
        }
        return value;
    }
}
