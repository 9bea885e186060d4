using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// <c>/v2[/models/{model}]/trace/setting</c> and <c>/v2/logging</c>: GET reads, POST changes and answers what is in
/// force.
/// </summary>
internal sealed class SettingsEndpoints(
    TraceSettings traces,
    LogSettings logs,
    IModelCatalog catalog,
    JsonAnswer answer
)
{
    /// <summary>Maps its paths.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        foreach (string path in new[] { "/v2/trace/setting", "/v2/models/{model}/trace/setting" })
        {
            app.MapOnly([HttpMethods.Get, HttpMethods.Post], path, TraceAsync);
        }
        app.MapOnly([HttpMethods.Get, HttpMethods.Post], "/v2/logging", LogAsync);
    }

    /// <summary>Trace settings.</summary>
    public Task TraceAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "trace settings",
            async () =>
            {
                string model = context.Request.RouteValues.ContainsKey("model")
                    ? ModelRoute.Read(context.Request.RouteValues).Model
                    : "";
                TraceSettings.RequireModel(catalog, model);
                if (HttpMethods.IsPost(context.Request.Method))
                {
                    traces.Change(model, await ReadAsync(context, Texts));
                }
                IReadOnlyDictionary<string, string[]> inForce = traces.For(model);
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        foreach ((string name, string[] value) in inForce)
                        {
                            if (name != "trace_level")
                            {
                                json.WriteString(name, value[0]);
                                continue;
                            }

                            json.WriteStartArray(name);
                            foreach (string level in value)
                            {
                                json.WriteStringValue(level);
                            }
                            json.WriteEndArray();
                        }
                    }
                );
            }
        );

    /// <summary>Log settings.</summary>
    public Task LogAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "log settings",
            async () =>
            {
                if (HttpMethods.IsPost(context.Request.Method))
                {
                    logs.Change(await ReadAsync(context, Value));
                }
                IReadOnlyDictionary<string, object> inForce = logs.Values;
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        foreach ((string name, object value) in inForce)
                        {
                            json.WritePropertyName(name);
                            JsonSerializer.Serialize(json, value, value.GetType());
                        }
                    }
                );
            }
        );

    private static async Task<Dictionary<string, T>> ReadAsync<T>(HttpContext context, ValueReader<T> read)
    {
        Dictionary<string, T> changes = [];
        await SmallBody.ReadAsync(
            context,
            (ref Utf8JsonReader json, string name) => changes[name] = read(ref json, name)
        );
        return changes;
    }

    private static string[]? Texts(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        if (json.TokenType != JsonTokenType.StartArray)
        {
            return [Text(ref json, name)];
        }
        List<string> texts = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            texts.Add(Text(ref json, name));
        }
        return [.. texts];
    }

    private static string Text(ref Utf8JsonReader json, string name) =>
        json.TokenType switch
        {
            JsonTokenType.String => json.GetString()!,
            JsonTokenType.Number when json.TryGetInt64(out long number) => number.ToString(
                System.Globalization.CultureInfo.InvariantCulture
            ),
            _ => throw RequestJson.Invalid($"'{name}' must be a text, a whole number, a list of texts, or null"),
        };

    private static object? Value(ref Utf8JsonReader json, string name) =>
        json.TokenType switch
        {
            JsonTokenType.True or JsonTokenType.False => json.GetBoolean(),
            JsonTokenType.String => json.GetString(),
            JsonTokenType.Number when json.TryGetInt64(out long number) => number,
            _ => throw RequestJson.Invalid($"'{name}' must be a text, a whole number, or true or false"),
        };

    private delegate T ValueReader<out T>(ref Utf8JsonReader json, string name);
}
