using Microsoft.Extensions.Configuration;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// Triton's log settings, as the last source of the host's configuration: a change sets log levels there, which logging
/// follows at once. Levels are thresholds: what is off silences everything below it too. Nothing is set until something
/// is changed.
/// </summary>
internal sealed class LogSettings : ConfigurationProvider, IConfigurationSource
{
    private readonly Lock _lock = new();

    /// <summary>The settings by name: text, true or false, or a whole number.</summary>
    public IReadOnlyDictionary<string, object> Values { get; private set; } =
        new Dictionary<string, object>
        {
            ["log_file"] = "",
            ["log_info"] = true,
            ["log_warning"] = true,
            ["log_error"] = true,
            ["log_verbose_level"] = 0L,
            ["log_format"] = "default",
        };

    /// <inheritdoc />
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Changes settings.</summary>
    /// <exception cref="InferenceException">One is unknown or its value is not allowed; nothing has been
    /// changed.</exception>
    public void Change(IReadOnlyDictionary<string, object?> changes)
    {
        lock (_lock)
        {
            Dictionary<string, object> next = new(Values);
            foreach ((string name, object? value) in changes)
            {
                next[name] = Require(name, value);
            }
            Values = next;
            string level = Level(next);
            // What is at its default is left to the configuration's other sources.
            Set("Logging:LogLevel:OrleansInference", level == "Information" ? null : level);
            Set("Logging:LogLevel:Default", level is "Warning" or "Error" or "None" ? level : null);
            Set(
                "Logging:Console:FormatterOptions:TimestampFormat",
                next["log_format"] is "ISO8601" ? "yyyy-MM-ddTHH:mm:ss.fffzzz " : null
            );
        }

        OnReload();
    }

    private static object Require(string name, object? value) =>
        (name, value) switch
        {
            ("log_file", _) => throw Invalid("log file location can not be updated through network protocol"),
            ("log_info" or "log_warning" or "log_error", bool) => value,
            ("log_info" or "log_warning" or "log_error", _) => throw Invalid($"{name} must be true or false"),
            ("log_verbose_level", long and >= 0) => value,
            ("log_verbose_level", _) => throw Invalid("log_verbose_level must be a whole number, 0 or more"),
            ("log_format", "default" or "ISO8601") => value,
            ("log_format", _) => throw Invalid("log_format must be default or ISO8601"),
            _ => throw Invalid(
                $"unknown log setting '{name}'; allowed: log_info, log_warning, log_error, "
                    + $"log_verbose_level, log_format"
            ),
        };

    private static string Level(Dictionary<string, object> values) =>
        values switch
        {
            _ when values["log_info"] is true => values["log_verbose_level"] is > 0L ? "Debug" : "Information",
            _ when values["log_warning"] is true => "Warning",
            _ when values["log_error"] is true => "Error",
            _ => "None",
        };

    private new void Set(string key, string? value)
    {
        if (value is null)
        {
            Data.Remove(key);
        }
        else
        {
            Data[key] = value;
        }
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
