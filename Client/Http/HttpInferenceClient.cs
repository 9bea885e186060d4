using System.Text.Json;
using OrleansInference.Client.Streaming;

namespace OrleansInference.Client.Http;

/// <summary>Inference over HTTP with any KServe v2 server.</summary>
internal sealed class HttpInferenceClient(HttpClient http, InferenceClientOptions options, TimeProvider time)
    : IInferenceClient,
        IDisposable
{
    /// <summary>Closes the connections.</summary>
    public void Dispose() => http.Dispose();

    /// <inheritdoc />
    public async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Deadline deadline = new(request, time, cancellationToken);
        using HttpRequestMessage message = new(
            HttpMethod.Post,
            Path(request.ModelName, request.ModelVersion) + "/infer"
        )
        {
            Content = HttpInferRequest.Content(request, options.UseBinaryTensors),
        };
        return await SendAsync(message, HttpInferResponse.ReadAsync, deadline, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<InferenceOutcome> StreamAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        CancellationToken cancellationToken
    ) => PipelinedStream.RunAsync(requests, InferAsync, cancellationToken);

    /// <inheritdoc />
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(
                    new Uri(options.Endpoint!, "/v2/health/ready"),
                    cancellationToken
                )
                .ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public async Task<ModelMetadata> GetModelMetadataAsync(
        string modelName,
        string modelVersion,
        CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage message = new(HttpMethod.Get, Path(modelName, modelVersion));
        return await SendAsync(message, MetadataAsync, deadline: null, cancellationToken).ConfigureAwait(false);
    }

    private Uri Path(string model, string version) =>
        new(
            options.Endpoint!,
            $"/v2/models/{Uri.EscapeDataString(model)}"
                + (version.Length > 0 ? $"/versions/{Uri.EscapeDataString(version)}" : "")
        );

    private async Task<T> SendAsync<T>(
        HttpRequestMessage message,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        Deadline? deadline,
        CancellationToken cancellationToken
    )
    {
        CancellationToken token = deadline?.Token ?? cancellationToken;
        try
        {
            using HttpResponseMessage response = await http.SendAsync(
                    message,
                    // The body is read into pooled memory, and need not be buffered before that.
                    HttpCompletionOption.ResponseHeadersRead,
                    token
                )
                .ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return await ReadAsync(response, read, token).ConfigureAwait(false);
            }
            string body = await response.Content.ReadAsStringAsync(token).ConfigureAwait(false);
            string reason = Error(body);
            if (reason.Length == 0)
            {
                reason = $"the server answered {(int)response.StatusCode} {response.ReasonPhrase}";
            }
            HttpRequestException refusal = new(reason, inner: null, response.StatusCode);
            throw new InferenceException(HttpErrors.FromStatus(response.StatusCode), reason, refusal)
            {
                RetryAfter = RetryAfter(response),
            };
        }
        catch (OperationCanceledException) when (deadline is { HasPassed: true })
        {
            throw deadline.ToException();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new InferenceException(
                InferenceError.Unavailable,
                $"the server at {options.Endpoint} cannot be reached: {exception.Message}",
                exception
            );
        }
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage response,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await read(response, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception
                    is JsonException
                        or InvalidOperationException
                        or KeyNotFoundException
                        or FormatException
                        or InferenceException
            )
        {
            throw new InferenceException(
                InferenceError.Internal,
                $"the server's answer is not one of the protocol: {exception.Message}",
                exception
            );
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };

    private static string Error(string body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("error", out JsonElement error) ? error.ToString() : body;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return body;
        }
    }

    private static async Task<ModelMetadata> MetadataAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument json = JsonDocument.Parse(
            await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)
        );
        JsonElement root = json.RootElement;
        Dictionary<string, string> parameters =
            root.TryGetProperty("parameters", out JsonElement given) && given.ValueKind == JsonValueKind.Object
                ? given
                    .EnumerateObject()
                    .ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToString())
                : [];
        parameters.Remove("execution_provider", out string? provider);
        return new ModelMetadata(
            root.GetProperty("name").GetString() ?? throw new FormatException("the model's name is null"),
            root.TryGetProperty("versions", out JsonElement versions) && versions.ValueKind == JsonValueKind.Array
                ? [.. versions.EnumerateArray().Select(version => version.ToString())]
                : [],
            root.TryGetProperty("platform", out JsonElement platform) ? platform.ToString() : "",
            Tensors(root, "inputs"),
            Tensors(root, "outputs"),
            provider ?? "",
            parameters
        );
    }

    private static TensorMetadata[] Tensors(JsonElement root, string member) =>
        !root.TryGetProperty(member, out JsonElement tensors)
            ? []
            :
            [
                .. tensors
                    .EnumerateArray()
                    .Select(tensor => new TensorMetadata(
                        tensor.GetProperty("name").GetString()
                            ?? throw new FormatException($"one of the {member} has no name"),
                        TensorDatatypes.TryParse(
                            tensor.GetProperty("datatype").GetString(),
                            out TensorDatatype datatype
                        )
                            ? datatype
                            : TensorDatatype.None,
                        [.. tensor.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64())]
                    )),
            ];
}
