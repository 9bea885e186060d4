using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansInference.Gateway.Access;

/// <summary>
/// Logs every call that changes something and every refused one: who made it and how it ended. Never a key.
/// </summary>
internal sealed partial class AuditLog(IOptions<AccessOptions> options, TimeProvider time, ILogger<AuditLog> logger)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Lock _lock = new();

    /// <summary>Writes one entry.</summary>
    public void Write(HttpContext context, string who, Role? role, int status)
    {
        string path = context.Request.Path.Value ?? "";
        string from = context.Connection.RemoteIpAddress?.ToString() ?? "";
        string name = role?.ToString().ToLowerInvariant() ?? "";
        LogAction(who, name, context.Request.Method, path, status, from);
        if (options.Value.AuditFile.Length == 0)
        {
            return;
        }
        string line = JsonSerializer.Serialize(
            new
            {
                at = time.GetUtcNow(),
                who,
                role = name,
                context.Request.Method,
                path,
                status,
                from,
            },
            s_json
        );
        try
        {
            lock (_lock)
            {
                File.AppendAllText(options.Value.AuditFile, line + "\n");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(options.Value.AuditFile, exception);
        }
    }

    [LoggerMessage(
        EventId = 3003,
        Level = LogLevel.Information,
        Message = "{Who} ({Role}) {Method} {Path}: {Status}, from {From}"
    )]
    private partial void LogAction(string who, string role, string method, string path, int status, string from);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error, Message = "The audit file {File} cannot be written")]
    private partial void LogNotWritten(string file, Exception exception);
}
