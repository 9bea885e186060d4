using Microsoft.Extensions.Logging;

namespace OrleansInference.Gateway.Http;

/// <summary>A failure that nobody foresaw: logged with its stack, told to the client without its insides.</summary>
internal sealed partial class UnexpectedFailure(ILogger<UnexpectedFailure> logger)
{
    /// <summary>Logs the cause and returns what the client is told.</summary>
    public string Report(string call, Exception exception)
    {
        LogFailure(logger, call, exception);
        return "the server failed; its log has the cause";
    }

    [LoggerMessage(EventId = 3006, Level = LogLevel.Error, Message = "{Call} failed")]
    private static partial void LogFailure(ILogger logger, string call, Exception exception);
}
