using OrleansInference.Grains.Inference;

namespace OrleansInference.Grains.Tests.Inference;

public sealed class TenantTableTests
{
    [Fact]
    public void Of_MoreTenantsThanAreKept_ShareOneEntry()
    {
        TenantTable table = new();
        TenantTable.Entry first = table.Of("tenant 0");
        for (int i = 1; i < 10_000; i++)
        {
            table.Of($"tenant {i}");
        }

        TenantTable.Entry further = table.Of("one more");
        Assert.NotSame(first, further);
        Assert.Same(further, table.Of("and another"));
        Assert.Same(first, table.Of("tenant 0"));
        Assert.Equal(10_001, table.Read().Count);
    }
}
