using OrleansInference.Tests.Shared;

namespace OrleansInference.Architecture.Tests.Density;

/// <summary>The product's code is written to be read; <c>tests/density.sh</c> prints its figures.</summary>
public sealed class DensityTests
{
    /// <summary>Folders that are not the product.</summary>
    private static readonly string[] s_others = ["tests", "bench", "samples"];

    [Fact]
    public void Product_ItsDensity_IsWithinTheLimits()
    {
        SourceDensity density = SourceDensity.Of(RepositoryRoot.Path, ProductFolders());

        Assert.Empty(density.LongLines);
        Assert.Empty(density.LongGuards);
        Assert.Empty(density.LongConstructors);
        Assert.InRange(density.Over120, 0, 4);
        Assert.InRange(density.CrowdedIfs, 0, 2);
        Assert.InRange(density.TupleAssignments, 0, 0.5);
        Assert.InRange(density.SharedDeclarations, 0, 0.5);
        Assert.InRange(density.DeepLines, 0, 5);
    }

    [Fact]
    public void Table_OfAFolder_IsWrittenWhereItIsAskedFor()
    {
        string? file = Environment.GetEnvironmentVariable("DENSITY_TABLE");
        Assert.SkipWhen(string.IsNullOrEmpty(file), "DENSITY_TABLE names no file; tests/density.sh does");
        string? folder = Environment.GetEnvironmentVariable("DENSITY_FOLDER");

        SourceDensity density = string.IsNullOrEmpty(folder)
            ? SourceDensity.Of(RepositoryRoot.Path, ProductFolders())
            : SourceDensity.Of(folder, ".");

        File.WriteAllText(file, density.ToTable() + "\n");
        Assert.True(density.LongestLine > 0);
    }

    [Theory]
    [InlineData("class A { void B(bool c) { if (c) return; } }", 0)]
    [InlineData("class A { void B(bool c) { if (c) B(false); } }", 100)]
    [InlineData("class A { void B(bool c) { if (c)\n{\nB(false);\n} } }", 0)]
    public void Of_OneLineIfs_TellsGuardsFromOthers(string code, double expected) =>
        Assert.Equal(expected, Measure(code).CrowdedIfs);

    [Fact]
    public void Of_EachKindOfDensity_IsCounted()
    {
        string nested =
            "class C { int X = " + string.Concat(Enumerable.Repeat("(", 12)) + "1" + new string(')', 12) + "; }";
        SourceDensity density = Measure(
            "class A(int a, int b, int c, int d, int e, int f, int g, int h, int i) { }\n"
                + "class B { int x, y; void Z(int p, int q) { (x, y) = (p, q); } }\n"
                + nested
                + "\n"
                + "//"
                + new string('x', 140)
                + "\n"
        );

        Assert.Single(density.LongConstructors);
        Assert.Single(density.LongLines);
        Assert.Equal(142, density.LongestLine);
        Assert.Equal((200, 200, 200), (density.TupleAssignments, density.SharedDeclarations, density.DeepLines));
        Assert.Equal(9, density.MostParameters);
    }

    private static IEnumerable<string> ProductFolders() =>
        Directory
            .EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(RepositoryRoot.Path, Path.GetDirectoryName(path)!))
            .Where(folder => !s_others.Contains(folder.Split(Path.DirectorySeparatorChar)[0]));

    private static SourceDensity Measure(string code)
    {
        string folder = Directory.CreateTempSubdirectory("density").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "Code.cs"), code);
            return SourceDensity.Of(folder, ".");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
