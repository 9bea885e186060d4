using System.Xml.Linq;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Architecture.Tests;

/// <summary>Which project may see which. docs/adr/0001-projects.md has the drawing.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Abstractions"] = [],
        ["Grains.Interfaces"] = ["Abstractions"],
        ["Onnx"] = [],
        ["Protocol"] = [],
        ["Protocol.Json"] = ["Abstractions"],
        ["Scheduling"] = ["Grains.Interfaces"],
        ["Routing"] = ["Grains.Interfaces", "Scheduling"],
        ["Engine"] = ["Routing", "Scheduling", "Onnx", "Protocol"],
        ["Jobs.Formats"] = ["Grains.Interfaces"],
        ["Grains"] = ["Engine", "Agent", "Jobs.Formats"],
        ["Agent"] = ["Routing", "Scheduling"],
        ["Simulation"] = ["Agent", "Routing", "Scheduling"],
        ["Gateway"] = ["Grains.Interfaces", "Protocol", "Protocol.Json"],
        ["Client"] = ["Abstractions", "Protocol.Json"],
        ["Client.Grpc"] = ["Client", "Protocol"],
        ["Client.Images"] = ["Abstractions"],
        ["Client.Orleans"] = ["Client", "Grains.Interfaces", "Routing"],
        ["Dashboard"] = [],
        ["Cli"] = ["Client", "Client.Grpc", "Client.Images", "Client.Orleans", "Engine", "Protocol.Json", "Simulation"],
        ["Silo"] = ["Dashboard", "Gateway", "Grains", "Simulation"],
        ["Research"] = ["Agent", "Simulation"],
        ["Training"] = ["Engine", "Onnx", "Simulation", "Research"],
        ["AdRanking"] = ["Client.Orleans", "Onnx"],
        ["MinimalClient"] = ["Client"],
        ["WebService"] = ["Client.Orleans"],
        ["AspNetBaseline"] = [],
        ["GpuBench"] = ["Client.Orleans"],
    };

    /// <summary>Packages that only some projects may see.</summary>
    private static readonly (string Package, string[] Projects)[] Restricted =
    [
        ("Microsoft.Orleans.Server", ["Silo"]),
        ("Microsoft.Orleans.Runtime", ["Grains"]),
        ("Microsoft.Orleans.Client", ["Client.Orleans"]),
        ("$(OrtPackage)", ["Engine", "AspNetBaseline", "GpuBench", "Load", "Onnx.Tests", "Training.Tests"]),
        ("TorchSharp", ["Training"]),
        ("libtorch-cpu-linux-x64", ["Training"]),
    ];

    private static readonly Dictionary<string, XDocument> Projects = Directory
        .EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
        .Where(path =>
            !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        )
        .ToDictionary(path => Path.GetFileNameWithoutExtension(path), XDocument.Load);

    [Fact]
    public void Projects_References_AreThoseDrawn()
    {
        List<string> violations =
        [
            .. from project in Projects
            where Allowed.ContainsKey(project.Key)
            from reference in References(project.Value)
            where !Allowed[project.Key].Contains(reference)
            select $"{project.Key} → {reference}",
        ];

        Assert.True(violations.Count == 0, $"References that the drawing lacks: {string.Join(", ", violations)}");
    }

    [Fact]
    public void Projects_EveryProductProject_IsDrawn()
    {
        IEnumerable<string> undrawn = Projects.Keys.Where(name =>
            !Allowed.ContainsKey(name)
            && !name.EndsWith(".Tests", StringComparison.Ordinal)
            && name is not ("Micro" or "Load" or "Evaluation")
        );

        Assert.Empty(undrawn);
    }

    [Fact]
    public void Projects_RestrictedPackages_StayWhereTheyBelong()
    {
        List<string> violations =
        [
            .. from project in Projects
            from package in project
                .Value.Descendants("PackageReference")
                .Select(element => (string?)element.Attribute("Include"))
            from rule in Restricted
            where rule.Package == package && !rule.Projects.Contains(project.Key)
            select $"{project.Key} → {package}",
        ];

        Assert.True(violations.Count == 0, $"Packages in the wrong project: {string.Join(", ", violations)}");
    }

    [Fact]
    public void Projects_PackageVersions_AreCentral() =>
        Assert.DoesNotContain(
            Projects,
            project =>
                project.Value.Descendants("PackageReference").Any(element => element.Attribute("Version") is not null)
        );

    [Fact]
    public void Dependencies_EveryPackage_IsJustified()
    {
        string justified = File.ReadAllText(RepositoryRoot.File("docs", "dependencies.md"));
        IEnumerable<string> packages = XDocument
            .Load(RepositoryRoot.File("Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Select(element => (string)element.Attribute("Include")!);

        Assert.DoesNotContain(packages, package => !justified.Contains($"`{package}`", StringComparison.Ordinal));
    }

    private static IEnumerable<string> References(XDocument project) =>
        project
            .Descendants("ProjectReference")
            .Select(element =>
                Path.GetFileNameWithoutExtension(((string)element.Attribute("Include")!).Replace('\\', '/'))
            );
}
