using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Gateway.Warmup;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Repository;

/// <summary>Health and metadata over HTTP.</summary>
internal sealed class ModelEndpoints(
    IModelCatalog catalog,
    JsonAnswer answer,
    SharedMemoryRegions regions,
    WarmupToken warmup,
    IOptions<GatewayOptions> options
)
{
    /// <summary>What a readiness probe waits at most: Kubernetes gives up after a second by default.</summary>
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMilliseconds(900);

    /// <summary>Protocol extensions that are really served.</summary>
    public IEnumerable<string> Extensions =>
        Always.Concat(regions.IsAllowed ? ["system_shared_memory"] : Enumerable.Empty<string>());

    private static string[] Always { get; } =
    [
        "classification",
        "sequence",
        "model_repository",
        "model_repository(unload_dependents)",
        "schedule_policy",
        "model_configuration",
        "binary_tensor_data",
        "parameters",
        "statistics",
        "trace",
        "logging",
    ];

    /// <summary><c>GET /v2</c>.</summary>
    public Task ServerAsync(HttpContext context) =>
        JsonAnswer.WriteObjectAsync(
            context,
            json =>
            {
                json.WriteString("name", options.Value.ServerName);
                json.WriteString("version", options.Value.ServerVersion);
                json.WriteStartArray("extensions");
                foreach (string extension in Extensions)
                {
                    json.WriteStringValue(extension);
                }
                json.WriteEndArray();
            }
        );

    /// <summary><c>GET /v2/health/live</c>.</summary>
    public Task LiveAsync(HttpContext context) =>
        catalog.IsServerLive
            ? YesAsync(context)
            : ErrorResponse.WriteAsync(context, InferenceError.Unavailable, "the model repository cannot be read");

    /// <summary>Whether clients should come: the models are there and the request path is warm.</summary>
    public bool IsServerReady => catalog.IsServerReady && !warmup.IsOpen;

    /// <summary>The same. While the server starts the answer waits a moment: a script asks once.</summary>
    public async Task<bool> IsServerReadyAsync(CancellationToken cancellationToken)
    {
        await warmup.WaitAsync(LongestProbe, cancellationToken);
        return IsServerReady;
    }

    /// <summary><c>GET /v2/health/ready</c>.</summary>
    public async Task ReadyAsync(HttpContext context)
    {
        if (await IsServerReadyAsync(context.RequestAborted))
        {
            await YesAsync(context);
            return;
        }
        await ErrorResponse.WriteAsync(
            context,
            InferenceError.Unavailable,
            "the server is still starting, or is shutting down"
        );
    }

    /// <summary><c>GET /v2/models/{model}/ready</c>.</summary>
    public Task ModelReadyAsync(HttpContext context) =>
        AnsweredAsync(
            context,
            (model, version) =>
                catalog.IsModelReady(model, version)
                    ? YesAsync(context)
                    : ErrorResponse.WriteAsync(
                        context,
                        StatusCodes.Status400BadRequest,
                        $"model '{model}' is not ready"
                    )
        );

    /// <summary><c>GET /v2/models/{model}/config</c>.</summary>
    public Task ConfigAsync(HttpContext context) =>
        AnsweredAsync(
            context,
            (model, version) =>
            {
                string config = catalog.GetConfigJson(model, version);
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync(config);
            }
        );

    /// <summary><c>GET /v2/models/{model}</c>.</summary>
    public Task MetadataAsync(HttpContext context) =>
        AnsweredAsync(
            context,
            (model, version) =>
            {
                ModelMetadata metadata = catalog.GetMetadata(model, version);
                return JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteString("name", metadata.Name);
                        json.WriteStartArray("versions");
                        foreach (string ready in metadata.Versions)
                        {
                            json.WriteStringValue(ready);
                        }
                        json.WriteEndArray();
                        json.WriteString("platform", metadata.Platform);
                        WriteTensors(json, "inputs", metadata.Inputs);
                        WriteTensors(json, "outputs", metadata.Outputs);
                        json.WriteStartObject("parameters");
                        json.WriteString("execution_provider", metadata.ExecutionProvider);
                        foreach ((string key, string value) in metadata.Parameters)
                        {
                            json.WriteString(key, value);
                        }
                        json.WriteEndObject();
                    }
                );
            }
        );

    private static void WriteTensors(Utf8JsonWriter json, string member, TensorMetadata[] tensors)
    {
        json.WriteStartArray(member);
        foreach (TensorMetadata tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Datatype.WireName());
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private Task AnsweredAsync(HttpContext context, Func<string, string, Task> handle) =>
        answer.AnsweredAsync(
            context,
            "metadata",
            () =>
            {
                (string model, string version) = ModelRoute.Read(context.Request.RouteValues);
                return handle(model, version);
            }
        );

    private static Task YesAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        return Task.CompletedTask;
    }
}
