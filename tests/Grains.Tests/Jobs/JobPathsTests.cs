using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Jobs;

namespace OrleansInference.Grains.Tests.Jobs;

public sealed class JobPathsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("root").FullName;
    private readonly string _outside = Directory.CreateTempSubdirectory("outside").FullName;

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        Directory.Delete(_outside, recursive: true);
    }

    [Fact]
    public void Confine_PathsWithinTheRoot_AreMadeWhole()
    {
        Directory.CreateDirectory(Path.Combine(_root, "sub"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "link"), Path.Combine(_root, "sub"));

        BulkJobSpec spec = Confine("link/in.csv", Path.Combine(_root, "sub", "..", "out.csv"));

        Assert.Equal((Path.Combine(_root, "sub", "in.csv"), Path.Combine(_root, "out.csv")), (spec.Input, spec.Output));
    }

    [Theory]
    [InlineData("../x", "leads out of")]
    [InlineData("sub/../../x", "leads out of")]
    [InlineData("/etc/passwd", "leads out of")]
    [InlineData("link/x", "leads out of")]
    [InlineData("file", "leads out of")]
    [InlineData("loop", "cannot be followed")]
    [InlineData(".jobs/x.json", "keeps to itself")]
    [InlineData(".", "leads out of")]
    [InlineData("", "must be a path")]
    public void Confine_PathsOutOfTheRoot_AreRefused(string path, string expected)
    {
        Directory.CreateSymbolicLink(Path.Combine(_root, "link"), _outside);
        File.CreateSymbolicLink(Path.Combine(_root, "file"), Path.Combine(_outside, "secret"));
        File.CreateSymbolicLink(Path.Combine(_root, "loop"), Path.Combine(_root, "loop"));

        Assert.Contains(
            expected,
            Assert.Throws<InferenceException>(() => Confine(path, "out.csv")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            expected,
            Assert.Throws<InferenceException>(() => Confine("in.csv", path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Confine_PartsThatLeadOutOfTheRoot_AreRefused()
    {
        Directory.CreateSymbolicLink(Path.Combine(_root, "out.csv.parts"), _outside);

        Assert.Throws<InferenceException>(() => Confine("in.csv", "out.csv"));
    }

    [Fact]
    public void Confine_WithoutARoot_SaysHowToSetIt()
    {
        JobPaths paths = new(Options.Create(new JobOptions()));

        InferenceException exception = Assert.Throws<InferenceException>(() =>
            paths.Confine(
                new BulkJobSpec
                {
                    Model = "m",
                    Input = "/in.csv",
                    Output = "/out.csv",
                }
            )
        );

        Assert.Equal(InferenceError.Unsupported, exception.Error);
        Assert.Contains("--jobs-root DIR", exception.Message, StringComparison.Ordinal);
    }

    private BulkJobSpec Confine(string input, string output) =>
        new JobPaths(Options.Create(new JobOptions { Root = _root })).Confine(
            new BulkJobSpec
            {
                Model = "m",
                Input = input,
                Output = output,
            }
        );
}
