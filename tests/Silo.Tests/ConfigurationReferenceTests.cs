using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Sessions;
using OrleansInference.Gateway;
using OrleansInference.Gateway.Access;
using OrleansInference.Grains.Jobs;
using OrleansInference.Grains.Nodes;
using OrleansInference.Grains.Recording;
using OrleansInference.Routing.Calls;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary>docs/configuration.md is what the options classes say; UPDATE_DOCS=1 writes it anew.</summary>
public sealed partial class ConfigurationReferenceTests
{
    private static readonly (string Section, Type Options, string Source)[] s_sections =
    [
        ("Engine", typeof(EngineOptions), "Engine/Hosting/EngineOptions.cs"),
        ("Engine:ExecutionProvider", typeof(ExecutionProviderOptions), "Engine/Sessions/ExecutionProviderOptions.cs"),
        ("Gateway", typeof(GatewayOptions), "Gateway/GatewayOptions.cs"),
        ("Access", typeof(AccessOptions), "Gateway/Access/AccessOptions.cs"),
        ("Silo", typeof(SiloHostOptions), "Silo/SiloHostOptions.cs"),
        ("Node", typeof(NodeOptions), "Grains/Nodes/NodeOptions.cs"),
        ("Routing", typeof(RouterOptions), "Routing/Calls/RouterOptions.cs"),
        ("Agent", typeof(AgentOptions), "Agent/Planning/AgentOptions.cs"),
        ("Agent:Guardrails", typeof(GuardrailOptions), "Agent/Guardrails/GuardrailOptions.cs"),
        ("Jobs", typeof(JobOptions), "Grains/Jobs/JobOptions.cs"),
        ("Recording", typeof(RecordingOptions), "Grains/Recording/RecordingOptions.cs"),
    ];

    [Fact]
    public void Configuration_TheReference_IsWhatTheOptionsSay()
    {
        string path = Path.Combine(RepositoryRoot.Path, "docs", "configuration.md");
        string expected = Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") is { Length: > 0 })
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == expected,
            "docs/configuration.md is not what the options classes say: run the tests with UPDATE_DOCS=1"
        );
    }

    private static string Write()
    {
        StringBuilder text = new();
        text.Append(
            "# Configuration\nGenerated from the options classes (`UPDATE_DOCS=1 dotnet test`). "
                + "Every setting can be given in appsettings.json, as an environment variable "
                + "(`Engine__Threads=4`)\nor on the command line (`--Engine:Threads=4`); the most used "
                + "have short switches (`dotnet run --project Silo -- --help`).\n"
        );
        foreach ((string section, Type type, string source) in s_sections)
        {
            string code = File.ReadAllText(Path.Combine(RepositoryRoot.Path, source));
            object defaults = Activator.CreateInstance(type)!;
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n## {section}\n| setting | default | allowed | what it is |\n|---|---|---|---|\n"
            );
            foreach (
                PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .Where(property => s_sections.All(other => other.Options != property.PropertyType))
            )
            {
                string value = property.GetValue(defaults) switch
                {
                    null or "" => "",
                    IDictionary or IList => "",
                    bool set => set ? "true" : "false",
                    IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                    object other => other.ToString()!,
                };
                string allowed =
                    property.GetCustomAttribute<RangeAttribute>() is { } range
                        ? string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}")
                    : property.PropertyType.IsEnum ? string.Join(", ", Enum.GetNames(property.PropertyType))
                    : property.PropertyType == typeof(bool) ? "true, false"
                    : "";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{section}:{property.Name}` | {(value.Length == 0 ? "" : $"`{value}`")} | {allowed} | "
                        + $"{Summary(code, property.Name)} |\n"
                );
            }
        }

        return text.ToString();
    }

    private static string Summary(string code, string property)
    {
        Match found = Regex.Match(
            code,
            $@"/// <summary>((?:(?!<summary>)[\s\S])*?)</summary>(?:(?!<summary>)[\s\S])*?\b{property} \{{ get"
        );
        Assert.True(found.Success, $"{property} has no summary");
        string text = Prefix().Replace(found.Groups[1].Value, " ");
        text = Reference().Replace(text, match => $"`{match.Groups[1].Value.Split('.')[^1]}`");
        return Code()
            .Replace(text, match => $"`{match.Groups[1].Value}`")
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("|", "\\|", StringComparison.Ordinal)
            .Trim();
    }

    [GeneratedRegex(@"\s*\n\s*///\s*")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"<see cref=""([^""]+)""\s*/>")]
    private static partial Regex Reference();

    [GeneratedRegex(@"<c>(.*?)</c>")]
    private static partial Regex Code();
}
