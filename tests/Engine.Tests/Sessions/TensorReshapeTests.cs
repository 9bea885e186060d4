using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Tests.Sessions;

public sealed class TensorReshapeTests
{
    [Theory]
    [InlineData(new long[] { 1 }, new long[] { }, new long[] { 5, 1 }, new long[] { 5 })]
    [InlineData(new long[] { 3 }, new long[] { 1, 3 }, new long[] { 3 }, new long[] { 1, 3 })]
    [InlineData(new long[] { 4, 6 }, new long[] { 24 }, new long[] { 2, 4, 6 }, new long[] { 2, 24 })]
    [InlineData(new long[] { -1, 1, 2 }, new long[] { -1, 2 }, new long[] { 2, 7, 1, 2 }, new long[] { 2, 7, 2 })]
    [InlineData(new long[] { -1, -1 }, new long[] { -1, 1, -1 }, new long[] { 8, 9 }, new long[] { 8, 1, 9 })]
    public void ToInner_AShapeOfTheOuterForm_IsTheInnerAndBack(long[] outer, long[] inner, long[] seen, long[] ran)
    {
        TensorReshape reshape = new(outer, inner);

        Assert.True(reshape.IsPossible);
        Assert.Equal(ran, reshape.ToInner(seen));
        Assert.Equal(seen, reshape.ToOuter(ran));
    }

    [Theory]
    [InlineData(new long[] { 3 }, new long[] { 2 })]
    [InlineData(new long[] { -1 }, new long[] { 3 })]
    [InlineData(new long[] { -1, 2 }, new long[] { 2, -1 })]
    [InlineData(new long[] { 1L << 62, 1L << 62 }, new long[] { 1 })]
    public void IsPossible_OtherElements_IsNot(long[] outer, long[] inner) =>
        Assert.False(new TensorReshape(outer, inner).IsPossible);

    [Fact]
    public void ToOuter_AnotherShapeThanDeclared_StaysAsItIs() =>
        Assert.Equal([2, 5], new TensorReshape([1, 3], [3]).ToOuter([2, 5]));
}
