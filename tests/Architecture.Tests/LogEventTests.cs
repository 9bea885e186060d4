using System.Text.RegularExpressions;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Architecture.Tests;

/// <summary>Each event of the log has a number of its own, by which operators can find and filter it.</summary>
public sealed partial class LogEventTests
{
    [Fact]
    public void Events_OfTheProduct_HaveNumbersOfTheirOwn()
    {
        List<(string File, string Attribute)> events = [];
        foreach (string path in Directory.EnumerateFiles(RepositoryRoot.Path, "*.cs", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(RepositoryRoot.Path, path);
            string[] parts = relative.Split(Path.DirectorySeparatorChar);
            if (parts[0] is "tests" or "bench" || parts.Contains("obj"))
            {
                continue;
            }
            events.AddRange(Event().Matches(File.ReadAllText(path)).Select(match => (relative, match.Value)));
        }

        string[] unnumbered =
        [
            .. events.Where(entry => !Number().IsMatch(entry.Attribute)).Select(entry => entry.File),
        ];
        Assert.Empty(unnumbered);
        string[] shared =
        [
            .. events
                .GroupBy(entry => Number().Match(entry.Attribute).Value)
                .Where(group => group.Count() > 1)
                .Select(group => $"{group.Key}: {string.Join(", ", group.Select(entry => entry.File))}"),
        ];
        Assert.Empty(shared);
        Assert.True(events.Count > 40, $"only {events.Count} events were found");
    }

    [GeneratedRegex(@"\[LoggerMessage\([^\]]*\)\]")]
    private static partial Regex Event();

    [GeneratedRegex(@"EventId = \d+")]
    private static partial Regex Number();
}
