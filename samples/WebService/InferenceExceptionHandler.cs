using Microsoft.AspNetCore.Diagnostics;

namespace OrleansInference.WebService;

/// <summary>
/// Answers a request whose inference was refused or has failed: with the status that says whether to come again.
/// </summary>
internal sealed class InferenceExceptionHandler(IProblemDetailsService problems) : IExceptionHandler
{
    /// <summary>
    /// After which time a refused client may try again where the server of models says none; a backlog is worked off
    /// within about a second.
    /// </summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(
        HttpContext context,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        if (exception is not InferenceException refusal)
        {
            return false;
        }
        int status = Status(refusal.Error);
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            double seconds = Math.Ceiling((refusal.RetryAfter ?? RetryAfter).TotalSeconds);
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        ProblemDetailsContext problem = new() { HttpContext = context, Exception = exception };
        problem.ProblemDetails.Status = status;
        problem.ProblemDetails.Detail = exception.Message;
        return await problems.TryWriteAsync(problem);
    }

    /// <summary>
    /// The status towards this service's own client: what the server of models lacks is not that client's mistake.
    /// </summary>
    private static int Status(InferenceError error) =>
        error switch
        {
            InferenceError.InvalidArgument => StatusCodes.Status400BadRequest,
            InferenceError.PayloadTooLarge => StatusCodes.Status413PayloadTooLarge,
            InferenceError.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            InferenceError.Cancelled => StatusCodes.Status499ClientClosedRequest,
            InferenceError.Unavailable => StatusCodes.Status503ServiceUnavailable,
            InferenceError.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status502BadGateway,
        };
}
