using System.Text.RegularExpressions;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Architecture.Tests;

/// <summary>The numbered way of a request in docs/request-flow.md is the one in the code.</summary>
public sealed partial class RequestFlowTests
{
    private static readonly Step[] Steps =
    [
        .. File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs", "request-flow.md"))
            .Select(line => Row().Match(line))
            .Where(match => match.Success)
            .Select(match => new Step(
                match.Groups["number"].Value,
                match.Groups["type"].Value,
                match.Groups["method"].Value,
                match.Groups["file"].Value
            )),
    ];

    public static TheoryData<string> Numbers => [.. Steps.Select(step => step.Number)];

    [Fact]
    public void List_OfSteps_IsNumberedFromOneAndNeverReturnsToAFile()
    {
        Assert.Equal(Enumerable.Range(1, 18).Select(number => $"{number}"), Steps.Select(step => step.Number));
        Assert.Equal(Steps.Length, Steps.Select(step => step.File).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Step_InTheCode_CarriesItsNumberAtItsMethod(string number)
    {
        Step step = Steps.Single(step => step.Number == number);
        string code = File.ReadAllText(Path.Combine(RepositoryRoot.Path, step.File));

        Assert.Contains($" {step.Type}", code, StringComparison.Ordinal);
        int at = code.IndexOf($"(step {number})", StringComparison.Ordinal);
        Assert.True(at >= 0, $"{step.File} does not say (step {number})");
        // The first declaration below the comment.
        Match declared = Declaration().Match(code, at);
        Assert.Equal(step.Method, declared.Groups["method"].Value);
    }

    [GeneratedRegex(@"^\| (?<number>\d+) \| `(?<type>\w+)\.(?<method>\w+)`.* \| (?<file>\S+\.cs) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\n    (?:public|internal|private)\s[^;{=(]*?(?<method>\w+)(?:<\w+>)?\(")]
    private static partial Regex Declaration();

    private sealed record Step(string Number, string Type, string Method, string File);
}
