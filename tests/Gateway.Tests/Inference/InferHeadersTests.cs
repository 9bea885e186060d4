using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class InferHeadersTests
{
    [Fact]
    public void ReadBodyForm_WithoutTheHeader_IsAllJson()
    {
        BodyForm form = InferHeaders.ReadBodyForm(Request(null, 100));

        Assert.True(form.IsJson);
        Assert.False(form.IsRawBinary);
        Assert.Equal(BodyForm.Json, form);
    }

    [Fact]
    public void ReadBodyForm_OfNoJson_IsRawBinary()
    {
        BodyForm form = InferHeaders.ReadBodyForm(Request("0", 100));

        Assert.True(form.IsRawBinary);
        Assert.False(form.IsJson);
        Assert.Equal(BodyForm.RawBinary, form);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("60", 60)]
    [InlineData("100", 100)]
    public void ReadBodyForm_OfSomeJson_IsThatMuchBeforeTheTensors(string header, int expected)
    {
        BodyForm form = InferHeaders.ReadBodyForm(Request(header, 100));

        Assert.False(form.IsJson);
        Assert.False(form.IsRawBinary);
        Assert.Equal(expected, form.HeaderLength);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData(" ")]
    [InlineData("ten")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    [InlineData("101")]
    public void ReadBodyForm_NoLengthWithinTheBody_IsRefusedByName(string header)
    {
        InferenceException exception = Assert.Throws<InferenceException>(() =>
            InferHeaders.ReadBodyForm(Request(header, 100))
        );

        Assert.Equal(InferenceError.InvalidArgument, exception.Error);
        Assert.Contains(InferRequestJson.LengthHeader, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadBodyForm_MoreThanACompressedBody_IsBelieved()
    {
        HttpRequest request = Request("101", 100);
        request.Headers.ContentEncoding = "gzip";

        Assert.Equal(101, InferHeaders.ReadBodyForm(request).HeaderLength);
    }

    private static HttpRequest Request(string? header, int length)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        request.ContentLength = length;
        if (header is not null)
        {
            request.Headers[InferRequestJson.LengthHeader] = header;
        }
        return request;
    }
}
