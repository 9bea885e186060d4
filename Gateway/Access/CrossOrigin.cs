using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Access;

/// <summary>
/// Tells browsers that pages of the allowed origins may read our answers (CORS). Only requests with an Origin header
/// cost anything here.
/// </summary>
internal sealed class CrossOrigin(AccessOptions options)
{
    /// <summary>How long a browser may go by a preflight's answer, which changes with a restart only.</summary>
    private static readonly TimeSpan s_preflightAge = TimeSpan.FromHours(1);

    // Without a log: it would write a line for each request.
    private readonly CorsService _service = new(Options.Create(new CorsOptions()), NullLoggerFactory.Instance);

    // No credentials: a log-in's cookie is for the dashboard of this server alone. A key travels in a header.
    private readonly CorsPolicy _policy = new CorsPolicyBuilder()
        .SetIsOriginAllowed(options.AllowsOrigin)
        .WithMethods(HttpMethods.Get, HttpMethods.Head, HttpMethods.Post)
        .AllowAnyHeader()
        .WithExposedHeaders(
            InferRequestJson.LengthHeader,
            HeaderNames.RetryAfter,
            HeaderNames.Allow,
            HeaderNames.ContentEncoding,
            HeaderNames.WWWAuthenticate
        )
        .SetPreflightMaxAge(s_preflightAge)
        .Build();

    /// <summary>
    /// Answers a preflight, which carries no key; else sees to the headers of the answer, be it an error.
    /// </summary>
    /// <param name="context">A request whose origin is not refused.</param>
    /// <returns>Whether the request is answered.</returns>
    public bool TryAnswer(HttpContext context)
    {
        if (context.Request.Headers.Origin is not [{ } origin] || !options.AllowsOrigin(origin))
        {
            return false;
        }
        CorsResult result = _service.EvaluatePolicy(context, _policy);
        if (result.IsPreflightRequest)
        {
            _service.ApplyResult(result, context.Response);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return true;
        }
        // As late as that: an error clears the headers that were set before it.
        context.Response.OnStarting(() =>
        {
            _service.ApplyResult(result, context.Response);
            return Task.CompletedTask;
        });
        return false;
    }
}
