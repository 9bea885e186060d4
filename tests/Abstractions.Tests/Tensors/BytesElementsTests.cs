using CsCheck;

namespace OrleansInference.Abstractions.Tests.Tensors;

public sealed class BytesElementsTests
{
    [Fact]
    public void Write_AnyElements_ReadBackInOrder() =>
        Gen
            .Byte.Array[0, 20]
            .Array[0, 20]
            .Sample(elements =>
            {
                byte[] contents = new byte[elements.Sum(element => element.Length + BytesElements.PrefixSize)];
                int offset = 0;
                foreach (byte[] element in elements)
                {
                    offset += BytesElements.Write(contents.AsSpan(offset), element);
                }
                ReadOnlySpan<byte> rest = contents;
                foreach (byte[] element in elements)
                {
                    if (!BytesElements.TryRead(ref rest, out ReadOnlySpan<byte> read) || !read.SequenceEqual(element))
                    {
                        return false;
                    }
                }

                return rest.IsEmpty
                    && BytesElements.TryCount(contents, out long count)
                    && count == elements.Length
                    && BytesElements.Offset(contents, count) == contents.Length;
            });

    [Theory]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 9 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 7 })]
    public void TryCount_LengthsThatDoNotFit_AreRefused(byte[] contents) =>
        Assert.False(BytesElements.TryCount(contents, out _));
}
