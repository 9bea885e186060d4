using Grpc.Core;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Http;

public sealed class InferenceErrorMappingTests
{
    [Theory]
    [InlineData(InferenceError.None, 200, StatusCode.OK)]
    [InlineData(InferenceError.InvalidArgument, 400, StatusCode.InvalidArgument)]
    [InlineData(InferenceError.NotFound, 404, StatusCode.NotFound)]
    [InlineData(InferenceError.PayloadTooLarge, 413, StatusCode.ResourceExhausted)]
    [InlineData(InferenceError.ResourceExhausted, 429, StatusCode.ResourceExhausted)]
    [InlineData(InferenceError.Cancelled, 499, StatusCode.Cancelled)]
    [InlineData(InferenceError.Internal, 500, StatusCode.Internal)]
    [InlineData(InferenceError.Unsupported, 501, StatusCode.Unimplemented)]
    [InlineData(InferenceError.Unavailable, 503, StatusCode.Unavailable)]
    [InlineData(InferenceError.DeadlineExceeded, 504, StatusCode.DeadlineExceeded)]
    public void Map_AnError_HasOneHttpAndOneGrpcStatus(InferenceError error, int http, StatusCode grpc)
    {
        Assert.Equal(http, InferenceErrorMapping.ToHttp(error));
        Assert.Equal(grpc, InferenceErrorMapping.ToGrpc(error));
    }

    [Fact]
    public void Map_EveryError_IsMappedToItsOwnHttpStatus() =>
        Assert.Distinct(Enum.GetValues<InferenceError>().Select(InferenceErrorMapping.ToHttp));
}
