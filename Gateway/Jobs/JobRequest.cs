using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Gateway.Jobs;

/// <summary>The body that starts a bulk job.</summary>
internal static class JobRequest
{
    private const string Members =
        "id, model, version, input, output, input_format, output_format, columns, outputs, "
        + "rows_per_shard, rows_per_request, max_parallel_shards";

    /// <summary>Reads it; the id is empty where it has none.</summary>
    /// <exception cref="InferenceException">A member is unknown, missing or of another type.</exception>
    public static async Task<(string Id, BulkJobSpec Spec)> ReadAsync(HttpContext context)
    {
        string id = "";
        BulkJobSpec spec = new()
        {
            Model = "",
            Input = "",
            Output = "",
        };
        await SmallBody.ReadAsync(
            context,
            (ref Utf8JsonReader json, string name) =>
            {
                if (name == "id")
                {
                    id = Text(ref json, name);
                }
                else
                {
                    spec = Member(spec, ref json, name);
                }
            }
        );
        foreach (
            (string name, string value) in new[]
            {
                ("model", spec.Model),
                ("input", spec.Input),
                ("output", spec.Output),
            }
        )
        {
            if (value.Length == 0)
            {
                throw RequestJson.Invalid($"'{name}' is missing: a job needs model, input and output");
            }
        }

        return (id, spec);
    }

    private static BulkJobSpec Member(BulkJobSpec spec, ref Utf8JsonReader json, string name) =>
        name switch
        {
            "model" => spec with { Model = Text(ref json, name) },
            "version" => spec with { Version = Text(ref json, name) },
            "input" => spec with { Input = Text(ref json, name) },
            "output" => spec with { Output = Text(ref json, name) },
            "input_format" => spec with { InputFormat = Text(ref json, name) },
            "output_format" => spec with { OutputFormat = Text(ref json, name) },
            "columns" => spec with { Columns = Columns(ref json) },
            "outputs" => spec with { Outputs = Texts(ref json, name) },
            "rows_per_shard" => spec with { RowsPerShard = Number(ref json, name) },
            "rows_per_request" => spec with { RowsPerRequest = Number(ref json, name) },
            "max_parallel_shards" => spec with { MaxParallelShards = Number(ref json, name) },
            _ => throw RequestJson.Invalid($"a job has no '{name}'; allowed: {Members}"),
        };

    private static string Text(ref Utf8JsonReader json, string name) =>
        json.TokenType == JsonTokenType.String
            ? json.GetString()!
            : throw RequestJson.Invalid($"'{name}' must be a text");

    private static int Number(ref Utf8JsonReader json, string name) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt32(out int value) && value > 0
            ? value
            : throw RequestJson.Invalid($"'{name}' must be a whole number from 1");

    private static string[] Texts(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw RequestJson.Invalid($"'{name}' must be a list of texts");
        }
        List<string> texts = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            texts.Add(Text(ref json, name));
        }
        return [.. texts];
    }

    private static Dictionary<string, string> Columns(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw RequestJson.Invalid("'columns' must be an object of column names and the inputs that they feed");
        }
        Dictionary<string, string> columns = [];
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string column = json.GetString()!;
            json.Read();
            columns[column] = Text(ref json, column);
        }

        return columns;
    }
}
