using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansInference.Client.Registration;

/// <summary>Reads a client's options from the application's configuration, where it has one.</summary>
internal sealed class ConfiguredOptions(string name, IConfiguration? configuration)
    : IConfigureNamedOptions<InferenceClientOptions>
{
    /// <inheritdoc />
    public void Configure(string? asked, InferenceClientOptions options)
    {
        if (asked != name || configuration is null)
        {
            return;
        }
        string connection = name.Length == 0 ? "inference" : name;
        if (configuration.GetConnectionString(connection) is { Length: > 0 } text)
        {
            Read($"ConnectionStrings:{connection}", () => OptionsText.Apply(text, options));
        }
        string section = name.Length == 0 ? "OrleansInference:Client" : $"OrleansInference:Clients:{name}";
        foreach (IConfigurationSection member in configuration.GetSection(section).GetChildren())
        {
            Read(section, () => OptionsText.Set(member.Key, member.Value ?? "", options));
        }
    }

    /// <inheritdoc />
    public void Configure(InferenceClientOptions options) => Configure(Options.DefaultName, options);

    private void Read(string place, Action read)
    {
        try
        {
            read();
        }
        catch (FormatException exception)
        {
            string[] failures = [$"{place} is wrong: {exception.Message}."];
            throw new OptionsValidationException(name, typeof(InferenceClientOptions), failures);
        }
    }
}
