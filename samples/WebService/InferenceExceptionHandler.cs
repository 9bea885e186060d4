using Microsoft.AspNetCore.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.WebService;

/// <summary>
/// Answers a request whose inference was refused or has failed: with the status that says whether to come again.
/// </summary>
internal sealed class InferenceExceptionHandler(IProblemDetailsService problems) : IExceptionHandler
{
    /// <summary>Seconds after which a refused client may try again; a backlog is worked off within about one.</summary>
    private const int RetryAfterSeconds = 1;

    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(
        HttpContext context,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        if (exception is not InferenceException { Error: var error })
        {
            return false;
        }
        int status = Status(error);
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(
                System.Globalization.CultureInfo.InvariantCulture
            );
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
