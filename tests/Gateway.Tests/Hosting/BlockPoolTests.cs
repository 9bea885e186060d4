using System.Buffers;
using OrleansInference.Gateway.Hosting;

namespace OrleansInference.Gateway.Tests.Hosting;

public sealed class BlockPoolTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(BlockPool.BlockSize)]
    public void Rent_UpToABlock_IsAWholeBlock(int bytes)
    {
        using BlockPool pool = new();

        using IMemoryOwner<byte> block = pool.Rent(bytes);

        Assert.Equal(BlockPool.BlockSize, block.Memory.Length);
    }

    [Fact]
    public void Rent_MoreThanABlock_Throws()
    {
        using BlockPool pool = new();

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockPool.BlockSize + 1));
    }

    [Fact]
    public void Rent_AfterAReturn_IsTheSameBlock()
    {
        using BlockPool pool = new();
        IMemoryOwner<byte> first = pool.Rent();
        first.Dispose();

        Assert.Same(first, pool.Rent());
        Assert.NotSame(first, pool.Rent());
    }

    [Fact]
    public void Rent_AfterManyReturns_KeepsNoMoreThanTheBound()
    {
        using BlockPool pool = new();
        HashSet<IMemoryOwner<byte>> returned = [.. Enumerable.Range(0, BlockPool.Kept + 10).Select(_ => pool.Rent())];
        foreach (IMemoryOwner<byte> block in returned)
        {
            block.Dispose();
        }

        int kept = Enumerable.Range(0, BlockPool.Kept + 10).Count(_ => returned.Contains(pool.Rent()));

        Assert.Equal(BlockPool.Kept, kept);
    }
}
