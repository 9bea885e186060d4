using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Tests.Sessions;

public sealed class CudaLibrariesTests
{
    private static readonly string[] Names = ["driver", "runtime", "blas"];

    [Theory]
    [InlineData("", "the library driver cannot be loaded (nor runtime, blas);")]
    [InlineData("driver,runtime", "the library blas cannot be loaded;")]
    [InlineData("driver,runtime,blas", "no device answers")]
    public void Problem_SomeAreThere_NamesTheFirstMissing(string there, string expected)
    {
        string problem = CudaLibraries.Problem(Names, there.Split(',').Contains);

        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }
}
