using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary>docs/sdk.md shows the code of SdkSamplesTests and no other.</summary>
public sealed class SdkGuideTests
{
    [Fact]
    public void Guide_ItsSamples_AreTheCodeThatTestsRun()
    {
        Dictionary<string, string> run = Regions(
            File.ReadAllLines(RepositoryRoot.File("tests", "Silo.Tests", "SdkSamplesTests.cs"))
        );
        Dictionary<string, string> shown = Blocks(File.ReadAllLines(RepositoryRoot.File("docs", "sdk.md")));

        Assert.Equal(
            ["deadline", "grpc", "http", "orleans", "photograph", "sequence", "stream"],
            run.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(run.Keys.Order(StringComparer.Ordinal), shown.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, string code) in run)
        {
            Assert.Equal($"{name}\n{code}", $"{name}\n{shown[name]}");
        }
    }

    /// <summary>The text between <c>// sample: NAME</c> and <c>// end</c>, without its indentation.</summary>
    private static Dictionary<string, string> Regions(string[] lines)
    {
        Dictionary<string, string> regions = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (After(lines[i].Trim(), "// sample: ") is not { } name)
            {
                continue;
            }
            int indent = lines[i].Length - lines[i].TrimStart().Length;
            int end = Array.FindIndex(lines, i, line => line.Trim() == "// end");
            Assert.True(end > i, $"sample '{name}' has no end");
            regions.Add(
                name,
                string.Join(
                        '\n',
                        lines[(i + 1)..end].Select(line => line.Length > indent ? line[indent..] : line.TrimStart())
                    )
                    .TrimEnd()
            );
        }

        return regions;
    }

    /// <summary>The C# blocks, by the comment in front of each.</summary>
    private static Dictionary<string, string> Blocks(string[] lines)
    {
        Dictionary<string, string> blocks = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i] != "```csharp")
            {
                continue;
            }
            string? name =
                i > 0 ? After(lines[i - 1], "<!-- sample: ")?.Replace(" -->", "", StringComparison.Ordinal) : null;
            Assert.True(name is not null, $"the C# block on line {i + 1} of docs/sdk.md names no sample");
            int end = Array.IndexOf(lines, "```", i);
            blocks.Add(name, string.Join('\n', lines[(i + 1)..end]));
        }

        return blocks;
    }

    private static string? After(string line, string start) =>
        line.StartsWith(start, StringComparison.Ordinal) ? line[start.Length..] : null;
}
