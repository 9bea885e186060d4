using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using static OrleansInference.Onnx.Messages.TensorProto.Types;

namespace OrleansInference.Engine.Tests;

public sealed class TensorTypesTests
{
    private const int Width = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DataType.Bool, TensorDatatype.Bool)]
    [InlineData(DataType.Uint8, TensorDatatype.UInt8)]
    [InlineData(DataType.Uint16, TensorDatatype.UInt16)]
    [InlineData(DataType.Uint32, TensorDatatype.UInt32)]
    [InlineData(DataType.Uint64, TensorDatatype.UInt64)]
    [InlineData(DataType.Int8, TensorDatatype.Int8)]
    [InlineData(DataType.Int16, TensorDatatype.Int16)]
    [InlineData(DataType.Int32, TensorDatatype.Int32)]
    [InlineData(DataType.Int64, TensorDatatype.Int64)]
    [InlineData(DataType.Float16, TensorDatatype.Fp16)]
    [InlineData(DataType.Bfloat16, TensorDatatype.Bf16)]
    [InlineData(DataType.Float, TensorDatatype.Fp32)]
    [InlineData(DataType.Double, TensorDatatype.Fp64)]
    [InlineData(DataType.String, TensorDatatype.Bytes)]
    public async Task InferAsync_EachElementType_ComesBackRowForRow(DataType onnx, TensorDatatype datatype)
    {
        // A long delay and room for all rows: the requests run as one batch, so that rows are gathered and split.
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "same",
                FixtureModels.Identity(onnx, Width),
                "max_batch_size: 10\ndynamic_batching { max_queue_delay_microseconds: 3600000000 "
                    + "}\ninstance_group { count: 1 }"
            )
        );
        Random random = new(7);
        byte[][] contents = [.. Enumerable.Range(1, 4).Select(rows => Contents(datatype, rows * Width, random))];

        InferenceAnswer[] responses = await Task.WhenAll(
            contents.Select(
                (bytes, index) =>
                    test.InferAsync(
                        TestEngine.Request("same", new Tensor("x", datatype, [index + 1, Width], bytes)),
                        Token
                    )
            )
        );

        for (int i = 0; i < responses.Length; i++)
        {
            using InferenceAnswer response = responses[i].EnsureSuccess();
            Tensor output = response.Output("y");
            Assert.Equal((datatype, 10), (output.Datatype, response.Timings.BatchRows));
            Assert.Equal([i + 1, Width], output.Shape.ToArray());
            Assert.Equal(contents[i], output.Data.ToArray());
        }
    }

    private static byte[] Contents(TensorDatatype datatype, int elements, Random random)
    {
        if (datatype == TensorDatatype.Bytes)
        {
            using MemoryStream stream = new();
            for (int i = 0; i < elements; i++)
            {
                byte[] text = System.Text.Encoding.UTF8.GetBytes(new string('é', random.Next(0, 5)));
                byte[] element = new byte[BytesElements.PrefixSize + text.Length];
                BytesElements.Write(element, text);
                stream.Write(element);
            }

            return stream.ToArray();
        }

        byte[] bytes = new byte[elements * datatype.ElementSize()];
        random.NextBytes(bytes);
        if (datatype == TensorDatatype.Bool)
        {
            bytes = [.. bytes.Select(value => (byte)(value & 1))];
        }
        return bytes;
    }
}
