using System.Data.Common;

namespace OrleansInference.Client.Registration;

/// <summary>
/// Options as texts: a section of configuration, or a connection string, which is an address by itself or
/// <c>Endpoint=…;Key=…;Transport=…</c>.
/// </summary>
internal static class OptionsText
{
    private static readonly Dictionary<string, Action<InferenceClientOptions, string>> Members = new(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["Endpoint"] = (options, value) => options.Endpoint = Address(value),
        ["Transport"] = (options, value) => options.Transport = value,
        ["Key"] = (options, value) => options.ApiKey = value,
        [nameof(InferenceClientOptions.ApiKey)] = (options, value) => options.ApiKey = value,
        [nameof(InferenceClientOptions.UseBinaryTensors)] = (options, value) => options.UseBinaryTensors = Flag(value),
        [nameof(InferenceClientOptions.CertificateFile)] = (options, value) => options.CertificateFile = value,
        [nameof(InferenceClientOptions.CertificateKeyFile)] = (options, value) => options.CertificateKeyFile = value,
        [nameof(InferenceClientOptions.AuthorityFile)] = (options, value) => options.AuthorityFile = value,
    };

    /// <summary>Sets what the text says.</summary>
    /// <exception cref="FormatException">It is no connection string; the message has no value of it, which may be a
    /// key.</exception>
    public static void Apply(string text, InferenceClientOptions options)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address))
        {
            options.Endpoint = address;
            return;
        }
        DbConnectionStringBuilder parts = [];
        try
        {
            parts.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            throw new FormatException("it is neither an address nor of the form Endpoint=…;Key=…;Transport=…");
        }
        foreach (string name in parts.Keys)
        {
            Set(name, (string)parts[name], options);
        }
    }

    /// <summary>Sets one option.</summary>
    /// <exception cref="FormatException">There is no such option, or it cannot be that; the message has no value of
    /// it.</exception>
    public static void Set(string name, string value, InferenceClientOptions options)
    {
        if (!Members.TryGetValue(name, out Action<InferenceClientOptions, string>? set))
        {
            throw new FormatException($"it names '{name}'; allowed are {string.Join(", ", Members.Keys)}");
        }
        set(options, value);
    }

    private static bool Flag(string value) =>
        bool.TryParse(value, out bool flag)
            ? flag
            : throw new FormatException($"its UseBinaryTensors '{value}' is neither true nor false");

    private static Uri Address(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out Uri? address)
            ? address
            : throw new FormatException($"its Endpoint '{value}' is no address, such as http://127.0.0.1:8080");
}
