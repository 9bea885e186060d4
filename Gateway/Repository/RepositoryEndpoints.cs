using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Repository;

/// <summary><c>POST /v2/repository/index</c> and <c>/v2/repository/models/{model}/load|unload</c>.</summary>
internal sealed class RepositoryEndpoints(
    IModelRepository repository,
    JsonAnswer answer,
    IOptions<GatewayOptions> options
) : IDisposable
{
    private const int Chunk = 1 << 16;

    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapOnly(HttpMethods.Post, "/v2/repository/index", IndexAsync);
        app.MapOnly(HttpMethods.Post, "/v2/repository/models/{model}/load", LoadAsync);
        app.MapOnly(HttpMethods.Post, "/v2/repository/models/{model}/unload", UnloadAsync);
    }

    /// <summary>One upload at a time: each may take as much memory as its limit allows.</summary>
    private readonly SemaphoreSlim _uploads = new(1, 1);

    /// <summary>Lists the repository.</summary>
    public Task IndexAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "repository index",
            async () =>
            {
                bool readyOnly = false;
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                    {
                        if (name != "ready")
                        {
                            json.Skip();
                        }
                        else
                        {
                            readyOnly = json.TokenType is JsonTokenType.True or JsonTokenType.False
                                ? json.GetBoolean()
                                : throw RequestJson.Invalid("Invalid value for 'ready': expected a boolean");
                        }
                    }
                );
                IReadOnlyList<ModelStatus> index = repository.GetIndex(readyOnly);
                await JsonAnswer.WriteAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray();
                        foreach (ModelStatus line in index)
                        {
                            json.WriteStartObject();
                            json.WriteString("name", line.Name);
                            if (line.Version.Length > 0)
                            {
                                json.WriteString("version", line.Version);
                            }
                            if (line.State != ModelState.Unknown)
                            {
                                json.WriteString("state", line.State.ToString().ToUpperInvariant());
                            }
                            if (line.Reason.Length > 0)
                            {
                                json.WriteString("reason", line.Reason);
                            }
                            json.WriteEndObject();
                        }

                        json.WriteEndArray();
                    }
                );
            }
        );

    /// <summary>Loads a model.</summary>
    public Task LoadAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "load",
            async () =>
            {
                string model = (string)context.Request.RouteValues["model"]!;
                await RefuseTooLargeAsync(context);
                await _uploads.WaitAsync(context.RequestAborted);
                ModelOverride? replacement;
                try
                {
                    using RequestBody body = await RequestBody.ReadAsync(
                        context.Request,
                        BodyForm.Json,
                        options.Value.MaxModelUploadBytes,
                        context.RequestAborted
                    );
                    replacement = LoadParameters.Read(body.Json);
                }
                finally
                {
                    _uploads.Release();
                }

                await repository.LoadAsync(model, replacement, context.RequestAborted);
            }
        );

    /// <summary>Unloads a model.</summary>
    public Task UnloadAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "unload",
            async () =>
            {
                bool dependents = false;
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                    {
                        if (name != "parameters" || json.TokenType != JsonTokenType.StartObject)
                        {
                            json.Skip();
                        }
                        else
                        {
                            dependents = LoadParameters.UnloadDependents(ref json);
                        }
                    }
                );
                await repository.UnloadAsync(
                    (string)context.Request.RouteValues["model"]!,
                    dependents,
                    context.RequestAborted
                );
            }
        );

    /// <inheritdoc />
    public void Dispose() => _uploads.Dispose();

    /// <summary>
    /// Refuses a body that is too large, after reading and dropping it. A client reads its answer only after it has
    /// sent everything.
    /// </summary>
    private async Task RefuseTooLargeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null;
        }
        int limit = options.Value.MaxModelUploadBytes;
        if (context.Request.ContentLength is not { } length || length <= limit)
        {
            return;
        }
        byte[] chunk = new byte[Chunk];
        // A client that sends without end is cut off after four times the limit.
        for (long left = 4L * limit; left > 0; )
        {
            int read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted);
            if (read == 0)
            {
                break;
            }
            left -= read;
        }

        throw new InferenceException(
            InferenceError.PayloadTooLarge,
            $"request JSON size of {length} bytes exceeds the maximum allowed input size of {limit} "
                + $"bytes (Gateway:MaxModelUploadBytes)"
        );
    }
}
