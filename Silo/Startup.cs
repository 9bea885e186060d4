using Microsoft.Extensions.Options;
using OrleansInference.Engine.Repository;

namespace OrleansInference.Silo;

/// <summary>Tells failures that an operator can mend from bugs.</summary>
internal static class Startup
{
    /// <summary>One line for the operator, or null for a bug.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        StartupException or ModelRepositoryException => exception.Message,
        OptionsValidationException options => string.Join(" ", options.Failures.Select(failure => failure[(failure.IndexOf("error: '", StringComparison.Ordinal) is var at and >= 0 ? at + 8 : 0)..].TrimEnd('\'', '.') + ".")),
        InvalidOperationException { InnerException: FormatException or ArgumentException } binding => binding.Message,
        FormatException => exception.Message,
        IOException io when io.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException => io.Message,
        AggregateException { InnerExceptions.Count: 1 } one => Explain(one.InnerExceptions[0]),
        _ => null,
    };
}
