using Microsoft.Extensions.Logging;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Takes every level and writes none, so that only the host's own filters decide what is enabled.</summary>
internal sealed class SilentLogging : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        // Nobody reads it.
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
