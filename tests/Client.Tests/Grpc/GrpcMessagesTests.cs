using Google.Protobuf;
using OrleansInference.Client.Grpc;
using OrleansInference.Protocol;

namespace OrleansInference.Client.Tests.Grpc;

/// <summary>Answers of other gRPC servers: typed contents, and some that are no answers.</summary>
public sealed class GrpcMessagesTests
{
    private static readonly byte[] One = BitConverter.GetBytes(1f);

    [Fact]
    public void Read_TypedContents_AreReadAsBytes()
    {
        ModelInferResponse message = new() { ModelName = "m", Outputs = { Output("FP32", 1) } };
        message.Outputs[0].Contents = new InferTensorContents { Fp32Contents = { 1f } };

        using InferenceResult response = GrpcMessages.Read(message);

        Assert.Equal(("y", TensorDatatype.Fp32), (response.Outputs.Single().Name, response.Outputs[0].Datatype));
        Assert.Equal(One, response.Outputs[0].Data.ToArray());
    }

    [Theory]
    [InlineData("FP32", 1, 2, "2 raw contents for 1 outputs")]
    [InlineData("FP32", 2, 1, "4 bytes, which are not the 2 elements")]
    [InlineData("FP32", -1, 1, "[-1]")]
    [InlineData("FP8", 1, 1, "'FP8'")]
    [InlineData("BYTES", 1, 1, "not the 1 texts")]
    public void Read_RawContentsThatDoNotFit_ThrowsWhatIsWrong(
        string datatype,
        long dimension,
        int contents,
        string expected
    )
    {
        ModelInferResponse message = new() { ModelName = "m", Outputs = { Output(datatype, dimension) } };
        for (int i = 0; i < contents; i++)
        {
            message.RawOutputContents.Add(ByteString.CopyFrom(One));
        }

        InferenceException exception = Assert.Throws<InferenceException>(() => GrpcMessages.Read(message));

        Assert.Equal(InferenceError.Internal, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoAnswerAtAll_ThrowsWhatIsWrong()
    {
        InferenceException exception = Assert.Throws<InferenceException>(() => GrpcMessages.Read(null));

        Assert.Contains("neither outputs nor an error", exception.Message, StringComparison.Ordinal);
    }

    private static ModelInferResponse.Types.InferOutputTensor Output(string datatype, long dimension) =>
        new()
        {
            Name = "y",
            Datatype = datatype,
            Shape = { dimension },
        };
}
