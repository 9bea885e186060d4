using System.Globalization;
using System.Text.Json;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Client.Http;

/// <summary>Reads an answer in the protocol's HTTP form; outputs may be binary or JSON, each by itself.</summary>
internal static class HttpInferResponse
{
    /// <summary>Reads it. The tensors share one pooled buffer.</summary>
    /// <exception cref="Exception">It is no answer of the protocol: JSON, format, missing member or contents that do
    /// not fit.</exception>
    public static async Task<InferenceResult> ReadAsync(
        HttpResponseMessage message,
        CancellationToken cancellationToken
    )
    {
        long? length = message.Content.Headers.ContentLength;
        TensorBuffer body = length is { } known
            ? await ReadAsync(
                    message.Content,
                    known <= Array.MaxLength
                        ? (int)known
                        : throw new FormatException($"it has {known} bytes, {Array.MaxLength} are allowed"),
                    cancellationToken
                )
                .ConfigureAwait(false)
            : Copy(await message.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
        try
        {
            int jsonLength = Header(message) is { } header ? JsonLength(header, body.Length) : body.Length;
            using JsonDocument json = JsonDocument.Parse(body.Memory[..jsonLength]);
            return Read(json.RootElement, body, jsonLength);
        }
        finally
        {
            // The outputs hold references of their own.
            body.Dispose();
        }
    }

    private static string? Header(HttpResponseMessage message) =>
        message.Headers.TryGetValues(InferRequestJson.LengthHeader, out IEnumerable<string>? values)
        || message.Content.Headers.TryGetValues(InferRequestJson.LengthHeader, out values)
            ? values.First()
            : null;

    private static int JsonLength(string header, int length) =>
        int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes) && bytes <= length
            ? bytes
            : throw new FormatException($"{InferRequestJson.LengthHeader} is '{header}'; it has {length} bytes");

    private static async Task<TensorBuffer> ReadAsync(
        HttpContent content,
        int length,
        CancellationToken cancellationToken
    )
    {
        TensorBuffer buffer = TensorBuffer.Rent(length);
        try
        {
            Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await stream.ReadExactlyAsync(buffer.Memory, cancellationToken).ConfigureAwait(false);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static TensorBuffer Copy(byte[] bytes)
    {
        TensorBuffer buffer = TensorBuffer.Rent(bytes.Length);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }

    private static InferenceResult Read(JsonElement json, TensorBuffer body, int offset)
    {
        List<Tensor> outputs = [];
        try
        {
            foreach (JsonElement output in json.GetProperty("outputs").EnumerateArray())
            {
                outputs.Add(Output(output, body, ref offset));
            }
            return new InferenceResult
            {
                ModelName = json.GetProperty("model_name").GetString() ?? "",
                ModelVersion = json.TryGetProperty("model_version", out JsonElement version)
                    ? version.GetString() ?? ""
                    : "",
                Id = json.TryGetProperty("id", out JsonElement id) ? id.GetString() ?? "" : "",
                Outputs = [.. outputs],
            };
        }
        catch
        {
            foreach (Tensor output in outputs)
            {
                output.Dispose();
            }
            throw;
        }
    }

    private static Tensor Output(JsonElement output, TensorBuffer body, ref int offset)
    {
        string name = output.GetProperty("name").GetString() ?? throw new FormatException("an output's name is null");
        if (!TensorDatatypes.TryParse(output.GetProperty("datatype").GetString(), out TensorDatatype datatype))
        {
            throw new FormatException($"output '{name}' has an unknown datatype");
        }
        long[] shape =
        [
            .. output
                .GetProperty("shape")
                .EnumerateArray()
                .Select(dimension =>
                    dimension.TryGetInt64(out long size)
                        ? size
                        : throw new FormatException($"output '{name}' has dimension {dimension}")
                ),
        ];
        if (!TensorShape.TryCount(shape, out long elements))
        {
            throw new FormatException($"output '{name}' has shape {TensorShape.Format(shape)}");
        }
        if (
            !output.TryGetProperty("parameters", out JsonElement parameters)
            || !parameters.TryGetProperty("binary_data_size", out JsonElement claimed)
        )
        {
            return TensorJsonReader.Read(
                name,
                datatype,
                shape,
                elements,
                System.Text.Encoding.UTF8.GetBytes(output.GetProperty("data").GetRawText())
            );
        }

        if (!claimed.TryGetInt32(out int length) || length < 0 || length > body.Length - offset)
        {
            throw new FormatException($"output '{name}' claims {claimed} bytes, {body.Length - offset} are left");
        }
        ReadOnlyMemory<byte> contents = body.Memory.Slice(offset, length);
        if (OutputContents.FindProblem(name, datatype, shape, contents.Span) is { } problem)
        {
            throw new FormatException(problem);
        }
        offset += length;
        return new Tensor(name, datatype, shape, contents, body.AddReference());
    }
}
