using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansInference.Gateway.Http;

namespace OrleansInference.Gateway.SharedMemory;

/// <summary>
/// <c>/v2/systemsharedmemory[/region/{region}]/status|register|unregister</c>, and the same for CUDA.
/// </summary>
internal sealed class SharedMemoryEndpoints(SharedMemoryRegions regions, JsonAnswer answer)
{
    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        foreach (string region in new[] { "", "/region/{region}" })
        {
            app.MapOnly(HttpMethods.Get, $"/v2/systemsharedmemory{region}/status", StatusAsync);
            app.MapOnly(HttpMethods.Post, $"/v2/systemsharedmemory{region}/unregister", UnregisterAsync);
            app.MapOnly(HttpMethods.Get, $"/v2/cudasharedmemory{region}/status", CudaStatusAsync);
            app.MapOnly(HttpMethods.Post, $"/v2/cudasharedmemory{region}/unregister", JsonAnswer.DoneAsync);
        }

        app.MapOnly(HttpMethods.Post, "/v2/systemsharedmemory/region/{region}/register", RegisterAsync);
        app.MapOnly(HttpMethods.Post, "/v2/cudasharedmemory/region/{region}/register", CudaRegisterAsync);
    }

    /// <summary>Lists regions.</summary>
    public Task StatusAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "shared memory status",
            () =>
            {
                IReadOnlyList<SharedMemoryRegion> found = regions.Status(Region(context));
                return JsonAnswer.WriteAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray();
                        foreach (SharedMemoryRegion region in found)
                        {
                            json.WriteStartObject();
                            json.WriteString("name", region.Name);
                            json.WriteString("key", region.Key);
                            json.WriteNumber("offset", region.Offset);
                            json.WriteNumber("byte_size", region.ByteSize);
                            json.WriteEndObject();
                        }

                        json.WriteEndArray();
                    }
                );
            }
        );

    /// <summary>Registers a region.</summary>
    public Task RegisterAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "shared memory registration",
            async () =>
            {
                string key = "";
                long offset = 0;
                long size = 0;
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                    {
                        switch (name)
                        {
                            case "key":
                                key =
                                    json.TokenType == JsonTokenType.String
                                        ? json.GetString()!
                                        : throw RequestJson.Invalid("'key' must be a text");
                                break;
                            case "offset":
                                offset = Number(ref json, name);
                                break;
                            case "byte_size":
                                size = Number(ref json, name);
                                break;
                            default:
                                json.Skip();
                                break;
                        }
                    }
                );
                regions.Register(Region(context), key, offset, size, context.Connection.RemoteIpAddress);
            }
        );

    /// <summary>Forgets one region, or all.</summary>
    public Task UnregisterAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "shared memory",
            () =>
            {
                regions.Unregister(Region(context));
                return JsonAnswer.DoneAsync(context);
            }
        );

    /// <summary>There are never CUDA regions.</summary>
    public static Task CudaStatusAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartArray();
                json.WriteEndArray();
            }
        );

    /// <summary>Refuses, with the reason.</summary>
    public Task CudaRegisterAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "CUDA shared memory",
            async () =>
            {
                long handle = 0;
                long size = 0;
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                    {
                        if (name == "byte_size")
                        {
                            size = Number(ref json, name);
                        }
                        else if (name == "raw_handle" && json.TokenType == JsonTokenType.StartObject)
                        {
                            handle = HandleLength(ref json);
                        }
                        else
                        {
                            json.Skip();
                        }
                    }
                );
                throw CudaSharedMemory.Refusal(Region(context), handle, size);
            }
        );

    private static string Region(HttpContext context) => context.Request.RouteValues["region"] as string ?? "";

    private static long HandleLength(ref Utf8JsonReader json)
    {
        long length = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            json.Read();
            if (json.TokenType == JsonTokenType.String)
            {
                length = json.ValueSpan.Length;
            }
            json.Skip();
        }

        return length;
    }

    private static long Number(ref Utf8JsonReader json, string name) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long number)
            ? number
            : throw RequestJson.Invalid($"'{name}' must be a whole number");
}
