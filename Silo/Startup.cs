using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OrleansInference.Engine;
using OrleansInference.Engine.Repository;

namespace OrleansInference.Silo;

/// <summary>Tells failures that an operator can mend from bugs.</summary>
internal static partial class Startup
{
    /// <summary>One line for the operator, or null for a bug.</summary>
    public static string? Explain(Exception exception) =>
        exception switch
        {
            StartupException or ModelRepositoryException => exception.Message,
            OptionsValidationException options => string.Join(
                " ",
                options.Failures.Select(failure =>
                    failure[(failure.IndexOf("error: '", StringComparison.Ordinal) is var at and >= 0 ? at + 8 : 0)..]
                        .TrimEnd('\'', '.') + "."
                )
            ),
            InvalidOperationException when ConversionFailure().Match(exception.Message) is { Success: true } failed =>
                Conversion(failed),
            IOException io when io.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException =>
                io.Message,
            AggregateException { InnerExceptions.Count: 1 } one => Explain(one.InnerExceptions[0]),
            _ => null,
        };

    private static string Conversion(Match failed)
    {
        Type? type =
            typeof(InferenceEngine).Assembly.GetType(failed.Groups["type"].Value)
            ?? Type.GetType(failed.Groups["type"].Value);
        string allowed = type is { IsEnum: true }
            ? string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()
            : $"a value of type {type?.Name ?? failed.Groups["type"].Value}";
        return $"{failed.Groups["key"].Value} is '{failed.Groups["value"].Value}'; allowed: {allowed}.";
    }

    [GeneratedRegex("Failed to convert configuration value '(?<value>.*)' at '(?<key>.*)' to type '(?<type>.*)'")]
    private static partial Regex ConversionFailure();
}
