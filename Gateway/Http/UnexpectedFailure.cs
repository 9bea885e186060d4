using Microsoft.Extensions.Logging;

namespace OrleansInference.Gateway.Http;

/// <summary>Reports unexpected exceptions: the log gets the stack, the client a message without internals.</summary>
internal sealed partial class UnexpectedFailure(ILogger<UnexpectedFailure> logger)
{
    /// <summary>Logs the exception and returns the client's message.</summary>
    public string Report(string call, Exception exception)
    {
        LogFailure(logger, call, exception);
        return "the server failed; its log has the cause";
    }

    [LoggerMessage(EventId = 3006, Level = LogLevel.Error, Message = "{Call} failed")]
    private static partial void LogFailure(ILogger logger, string call, Exception exception);
}
