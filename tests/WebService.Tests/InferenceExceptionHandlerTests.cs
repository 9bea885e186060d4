using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.WebService.Tests;

public sealed class InferenceExceptionHandlerTests
{
    [Theory]
    [InlineData(InferenceError.InvalidArgument, 400, null)]
    [InlineData(InferenceError.PayloadTooLarge, 413, null)]
    [InlineData(InferenceError.ResourceExhausted, 429, "1")]
    [InlineData(InferenceError.Cancelled, 499, null)]
    [InlineData(InferenceError.NotFound, 502, null)]
    [InlineData(InferenceError.Unsupported, 502, null)]
    [InlineData(InferenceError.Internal, 502, null)]
    [InlineData(InferenceError.Unavailable, 503, "1")]
    [InlineData(InferenceError.DeadlineExceeded, 504, null)]
    public async Task TryHandleAsync_AnInferenceError_HasItsStatus(InferenceError error, int status, string? retryAfter)
    {
        (bool handled, HttpContext context, string body) = await HandleAsync(
            new InferenceException(error, "the reason")
        );

        Assert.True(handled);
        Assert.Equal(status, context.Response.StatusCode);
        Assert.Equal(retryAfter, context.Response.Headers.RetryAfter.SingleOrDefault());
        Assert.Contains("the reason", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryHandleAsync_AnotherException_IsLeftToOthers()
    {
        (bool handled, HttpContext context, string body) = await HandleAsync(
            new InvalidOperationException("a mistake")
        );

        Assert.False(handled);
        Assert.Equal((200, ""), (context.Response.StatusCode, body));
    }

    private static async Task<(bool Handled, HttpContext Context, string Body)> HandleAsync(Exception exception)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddLogging()
            .AddProblemDetails()
            .BuildServiceProvider();
        using MemoryStream body = new();
        DefaultHttpContext context = new() { RequestServices = services };
        context.Response.Body = body;
        InferenceExceptionHandler handler = new(services.GetRequiredService<IProblemDetailsService>());

        bool handled = await handler.TryHandleAsync(context, exception, TestContext.Current.CancellationToken);

        return (handled, context, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
