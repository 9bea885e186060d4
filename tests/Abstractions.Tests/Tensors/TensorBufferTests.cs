namespace OrleansInference.Abstractions.Tests.Tensors;

public sealed class TensorBufferTests
{
    [Fact]
    public void Dispose_TheLastReference_EndsTheBuffer()
    {
        TensorBuffer buffer = TensorBuffer.Rent(10);
        buffer.AddReference();
        buffer.Dispose();
        Assert.Equal(10, buffer.Span.Length);

        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
        Assert.Throws<ObjectDisposedException>(() => buffer.AddReference());
    }

    [Fact]
    public void Slice_OfATensor_OutlivesIt()
    {
        TensorBuffer buffer = TensorBuffer.Rent(4);
        "abcd"u8.CopyTo(buffer.Span);
        Tensor whole = new("x", TensorDatatype.UInt8, [4], buffer.Memory, buffer);
        Tensor part = whole.Slice([2], 1, 2);

        whole.Dispose();
        whole.Dispose();

        Assert.Equal("bc"u8.ToArray(), part.Data.ToArray());
        part.Dispose();
        Assert.Throws<ObjectDisposedException>(() => part.Data);
        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
    }
}
