using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansInference.Dashboard;

/// <summary>Serves the dashboard.</summary>
public static class DashboardRegistration
{
    /// <summary>Allows content of this server only: no other host, no inline script.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>
    /// Maps the page at <c>/</c> and its files under <c>/dashboard</c>; what it shows, it asks for at <c>/v2</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapDashboard(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        DashboardFiles files = new();
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        endpoints.MapMethods("/", read, (RequestDelegate)(context => SendAsync(files, context, "index.html")));
        endpoints.MapMethods(
            "/dashboard/{**path}",
            read,
            (RequestDelegate)(context => SendAsync(files, context, context.Request.RouteValues["path"] as string ?? ""))
        );
        return endpoints;
    }

    private static async Task SendAsync(DashboardFiles files, HttpContext context, string path)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        if (await files.TrySendAsync(context, path))
        {
            return;
        }
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        await context.Response.WriteAsJsonAsync(
            new { error = $"there is no {context.Request.Path}" },
            context.RequestAborted
        );
    }
}
