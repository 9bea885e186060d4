using System.Buffers.Binary;
using Google.Protobuf;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Protocol;

namespace OrleansInference.Gateway.Tests.Grpc;

public sealed class GrpcRoundTripTests(SharedHost shared)
{
    private const int Rounds = 25;

    private static readonly TensorDatatype[] All =
    [
        .. Enum.GetValues<TensorDatatype>().Where(datatype => datatype != TensorDatatype.None),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Datatypes => [.. All.Select(datatype => datatype.WireName())];

    public static TheoryData<string> TypedDatatypes =>
        [
            .. All.Where(datatype => datatype is not (TensorDatatype.Fp16 or TensorDatatype.Bf16))
                .Select(datatype => datatype.WireName()),
        ];

    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task ModelInfer_Raw_ReturnsTheBytes(string wireName)
    {
        Random random = new(1);
        for (int round = 0; round < Rounds; round++)
        {
            Sample[] inputs =
            [
                Sample.Create(random, Parse(wireName), "first"),
                Sample.Create(random, Parse(wireName), "second"),
            ];
            ModelInferRequest request = new()
            {
                ModelName = "echo",
                ModelVersion = "3",
                Id = "7",
                Inputs = { inputs.Select(Describe) },
            };
            request.RawInputContents.Add(inputs.Select(input => ByteString.CopyFrom(input.Bytes)));

            ModelInferResponse response = await shared.Host.Grpc.ModelInferAsync(request, cancellationToken: Token);

            Assert.Equal(("echo", "3", "7"), (response.ModelName, response.ModelVersion, response.Id));
            for (int i = 0; i < inputs.Length; i++)
            {
                AssertOutput(inputs[i], response, i);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TypedDatatypes))]
    public async Task ModelInfer_Typed_ReturnsTheBytes(string wireName)
    {
        Random random = new(2);
        for (int round = 0; round < Rounds; round++)
        {
            Sample input = Sample.Create(random, Parse(wireName));
            ModelInferRequest request = new() { ModelName = "echo", Inputs = { Describe(input) } };
            request.Inputs[0].Contents = Typed(input);

            AssertOutput(input, await shared.Host.Grpc.ModelInferAsync(request, cancellationToken: Token), 0);
        }
    }

    private static TensorDatatype Parse(string wireName) =>
        TensorDatatypes.TryParse(wireName, out TensorDatatype datatype)
            ? datatype
            : throw new ArgumentException(wireName);

    private static ModelInferRequest.Types.InferInputTensor Describe(Sample input) =>
        new()
        {
            Name = input.Name,
            Datatype = input.WireName,
            Shape = { input.Shape },
        };

    private static void AssertOutput(Sample input, ModelInferResponse response, int index)
    {
        Assert.Equal((input.Name, input.WireName), (response.Outputs[index].Name, response.Outputs[index].Datatype));
        Assert.Equal(input.Shape, response.Outputs[index].Shape);
        Assert.Equal(input.Bytes, response.RawOutputContents[index].ToByteArray());
    }

    private static InferTensorContents Typed(Sample input)
    {
        InferTensorContents contents = new();
        ReadOnlySpan<byte> rest = input.Bytes;
        for (int i = 0; i < input.Elements; i++)
        {
            switch (input.Datatype)
            {
                case TensorDatatype.Bool:
                    contents.BoolContents.Add(rest[0] == 1);
                    break;
                case TensorDatatype.UInt8:
                    contents.UintContents.Add(rest[0]);
                    break;
                case TensorDatatype.UInt16:
                    contents.UintContents.Add(BinaryPrimitives.ReadUInt16LittleEndian(rest));
                    break;
                case TensorDatatype.UInt32:
                    contents.UintContents.Add(BinaryPrimitives.ReadUInt32LittleEndian(rest));
                    break;
                case TensorDatatype.UInt64:
                    contents.Uint64Contents.Add(BinaryPrimitives.ReadUInt64LittleEndian(rest));
                    break;
                case TensorDatatype.Int8:
                    contents.IntContents.Add((sbyte)rest[0]);
                    break;
                case TensorDatatype.Int16:
                    contents.IntContents.Add(BinaryPrimitives.ReadInt16LittleEndian(rest));
                    break;
                case TensorDatatype.Int32:
                    contents.IntContents.Add(BinaryPrimitives.ReadInt32LittleEndian(rest));
                    break;
                case TensorDatatype.Int64:
                    contents.Int64Contents.Add(BinaryPrimitives.ReadInt64LittleEndian(rest));
                    break;
                case TensorDatatype.Fp32:
                    contents.Fp32Contents.Add(BinaryPrimitives.ReadSingleLittleEndian(rest));
                    break;
                case TensorDatatype.Fp64:
                    contents.Fp64Contents.Add(BinaryPrimitives.ReadDoubleLittleEndian(rest));
                    break;
                default:
                    Assert.True(BytesElements.TryRead(ref rest, out ReadOnlySpan<byte> element));
                    contents.BytesContents.Add(ByteString.CopyFrom(element));
                    continue;
            }

            rest = rest[input.Datatype.ElementSize()..];
        }

        return contents;
    }
}
