using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// Triton's trace settings, which select the requests in the trace file. A model's own settings override those for all
/// models. Off until an operator switches it on.
/// </summary>
internal sealed class TraceSettings(IOptions<GatewayOptions> options)
{
    private static readonly string[] Changeable = ["trace_level", "trace_rate", "trace_count", "log_frequency"];

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Dictionary<string, string[]>> _changed = new();

    /// <summary>The settings in force for a model; for all models where the name is empty.</summary>
    public IReadOnlyDictionary<string, string[]> For(string model)
    {
        Dictionary<string, string[]> settings = new()
        {
            ["trace_file"] = [options.Value.TraceFile],
            ["trace_level"] = [options.Value.TraceLevel],
            ["trace_rate"] = [options.Value.TraceRate.ToString(CultureInfo.InvariantCulture)],
            ["trace_count"] = ["-1"],
            ["log_frequency"] = ["0"],
            ["trace_mode"] = ["triton"],
        };
        foreach (string scope in model.Length == 0 ? [""] : new[] { "", model })
        {
            foreach ((string name, string[] value) in _changed.GetValueOrDefault(scope, []))
            {
                settings[name] = value;
            }
        }

        return settings;
    }

    /// <summary>Changes settings of a model, or of all for an empty name; null clears one.</summary>
    /// <exception cref="InferenceException">A setting is unknown or its value is not allowed; nothing has been
    /// changed.</exception>
    public void Change(string model, IReadOnlyDictionary<string, string[]?> changes)
    {
        lock (_lock)
        {
            Dictionary<string, string[]> next = new(_changed.GetValueOrDefault(model, []));
            foreach ((string name, string[]? value) in changes)
            {
                if (name == "trace_file")
                {
                    throw Invalid(
                        "trace file location can not be updated through network protocol; start the server with "
                            + "--Gateway:TraceFile=FILE"
                    );
                }
                if (name == "trace_mode")
                {
                    throw Invalid("trace_mode can not be updated through network protocol");
                }
                if (!Changeable.Contains(name))
                {
                    throw Invalid($"unknown trace setting '{name}'; allowed: {string.Join(", ", Changeable)}");
                }
                if (value is null || (name == "trace_level" && value.Length == 0))
                {
                    next.Remove(name);
                }
                else
                {
                    next[name] = Require(name, value);
                }
            }

            _changed[model] = next;
        }
    }

    /// <summary>Refuses the settings of a model that does not serve.</summary>
    /// <exception cref="InferenceException">It does not.</exception>
    public static void RequireModel(IModelCatalog catalog, string model)
    {
        if (model.Length > 0 && !catalog.IsModelReady(model, ""))
        {
            throw new InferenceException(InferenceError.NotFound, $"Request for unknown model : {model}");
        }
    }

    private static string[] Require(string name, string[] value)
    {
        if (name == "trace_level")
        {
            return value is ["OFF"] || value.All(level => level is "TIMESTAMPS" or "TENSORS")
                ? value
                : throw Invalid($"trace_level is {string.Join(", ", value)}; allowed: OFF, or TIMESTAMPS and TENSORS");
        }

        long low = name switch
        {
            "trace_count" => -1,
            "trace_rate" => 1,
            _ => 0,
        };
        return
            value is [var one]
            && long.TryParse(one, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= low
            ? [number.ToString(CultureInfo.InvariantCulture)]
            : throw Invalid($"{name} is {string.Join(", ", value)}; a whole number of at least {low} is allowed");
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
