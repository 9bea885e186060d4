using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Cloud;

/// <summary>
/// The two routes by which Amazon SageMaker or Google Vertex AI use a server: its health, and inference of one model.
/// They are mapped where <see cref="GatewayOptions.CloudRoutes"/> names one of the two.
/// </summary>
internal sealed class CloudRoutes(
    InferEndpoint infer,
    ModelEndpoints models,
    ProtocolForm protocol,
    IModelCatalog catalog,
    IOptions<GatewayOptions> options
)
{
    /// <summary>The value of <see cref="GatewayOptions.CloudRoutes"/> for Amazon's routes.</summary>
    public const string SageMaker = "sagemaker";

    /// <summary>The value for Google's.</summary>
    public const string Vertex = "vertex";

    /// <summary>Takes over what the platform says in its environment variables.</summary>
    /// <exception cref="OptionsValidationException">A variable that is needed is not set, or is no port.</exception>
    public static void Configure(GatewayOptions options, IConfiguration environment)
    {
        if (options.CloudRoutes == SageMaker)
        {
            options.DefaultModel = Or(options.DefaultModel, environment["SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"]);
            options.CloudHealthRoute = "/ping";
            options.CloudPredictRoute = "/invocations";
        }
        if (options.CloudRoutes != Vertex)
        {
            return;
        }
        options.CloudHealthRoute = Route(environment, "AIP_HEALTH_ROUTE");
        options.CloudPredictRoute = Route(environment, "AIP_PREDICT_ROUTE");
        if (environment["AIP_HTTP_PORT"] is { Length: > 0 } port)
        {
            options.HttpPort =
                int.TryParse(port, out int number) && number is > 0 and < 65536
                    ? number
                    : throw Invalid($"AIP_HTTP_PORT is '{port}'; a port from 1 to 65535 is allowed.");
        }
    }

    /// <summary>Maps the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        if (options.Value.CloudRoutes.Length == 0)
        {
            return;
        }
        string platform = options.Value.CloudRoutes == SageMaker ? "sagemaker" : "vertex-ai";
        CloudForm form = new(protocol, $"application/vnd.{platform}-triton.binary+json;json-header-size=");
        app.MapOnly(HttpMethods.Get, options.Value.CloudHealthRoute, models.ReadyAsync);
        app.MapOnly(HttpMethods.Post, options.Value.CloudPredictRoute, context => InferAsync(context, form));
    }

    private async Task InferAsync(HttpContext context, CloudForm form)
    {
        try
        {
            context.Request.RouteValues["model"] = Model();
            form.TakeHeader(context);
        }
        catch (InferenceException exception)
        {
            await ErrorResponse.WriteAsync(context, exception.Error, exception.Message);
            return;
        }
        await infer.HandleAsync(context, form);
    }

    /// <summary>The model that was named, or the only one that is served.</summary>
    private string Model()
    {
        if (options.Value.DefaultModel.Length > 0)
        {
            return options.Value.DefaultModel;
        }
        string[] served = [.. catalog.GetStatistics("", "").Select(model => model.Name).Distinct()];
        return served is [var only]
            ? only
            : throw new InferenceException(
                InferenceError.InvalidArgument,
                $"{served.Length} models are served, and Gateway:DefaultModel does not say which is meant here"
            );
    }

    private static string Route(IConfiguration environment, string name)
    {
        string route = environment[name] ?? "";
        return route.StartsWith('/')
            ? route
            : throw Invalid(
                $"{name} is '{route}'; Gateway:CloudRoutes is {Vertex}, for which a path that begins with / is needed."
            );
    }

    private static string Or(string value, string? other) => value.Length > 0 ? value : other ?? "";

    private static OptionsValidationException Invalid(string problem) =>
        new(nameof(GatewayOptions), typeof(GatewayOptions), [problem]);
}
