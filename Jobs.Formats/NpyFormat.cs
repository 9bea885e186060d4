using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Jobs.Formats;

/// <summary>A NumPy array whose first dimension counts rows: one column without a name, one output.</summary>
internal sealed class NpyFormat : IRowFormat
{
    /// <inheritdoc />
    public string Name => "npy";

    /// <inheritdoc />
    public async Task<RowColumn[]> ReadColumnsAsync(string path, CancellationToken cancellationToken)
    {
        NpyHeader header = await NpyHeader.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        return [new RowColumn("", header.Shape[1..], header.Datatype)];
    }

    /// <inheritdoc />
    public async Task<BulkRange[]> SplitAsync(string path, int rowsPerShard, CancellationToken cancellationToken)
    {
        NpyHeader header = await NpyHeader.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        ShardList shards = new();
        for (long start = 0; start < header.Shape[0]; start += rowsPerShard)
        {
            shards.Add(Math.Min(rowsPerShard, header.Shape[0] - start), 0);
        }
        return shards.ToArray();
    }

    /// <inheritdoc />
    public async Task<IRowReader> OpenAsync(
        string path,
        BulkInput[] inputs,
        BulkRange range,
        CancellationToken cancellationToken
    ) => new NpyReader(path, await NpyHeader.ReadAsync(path, cancellationToken).ConfigureAwait(false), range);

    /// <inheritdoc />
    public void CheckOutputs(string model, TensorMetadata[] outputs)
    {
        if (outputs.Length > 1)
        {
            throw Invalid(
                $"npy holds one output, model '{model}' gives "
                    + $"{string.Join(", ", outputs.Select(output => output.Name))}: name one in outputs, or "
                    + $"write another format"
            );
        }
        if (outputs.Length == 1 && !NpyHeader.Holds(outputs[0].Datatype))
        {
            throw Invalid(
                $"output '{outputs[0].Name}' is {outputs[0].Datatype.WireName()}, which npy cannot hold; "
                    + $"write csv, jsonl or parquet"
            );
        }
    }

    /// <inheritdoc />
    public IRowWriter Create(Stream target) => new NpyWriter(target);

    /// <inheritdoc />
    public async Task MergeAsync(IReadOnlyList<string> parts, Stream target, CancellationToken cancellationToken)
    {
        List<NpyHeader> headers = [];
        foreach (string part in parts)
        {
            headers.Add(await NpyHeader.ReadAsync(part, cancellationToken).ConfigureAwait(false));
            if (
                headers[^1].Datatype == headers[0].Datatype
                && headers[^1].Shape.AsSpan(1).SequenceEqual(headers[0].Shape.AsSpan(1))
            )
            {
                continue;
            }
            throw new InferenceException(
                InferenceError.Unsupported,
                $"the model's output has shape {TensorShape.Format(headers[0].Shape.AsSpan(1))} for some "
                    + $"rows and {TensorShape.Format(headers[^1].Shape.AsSpan(1))} for others, which npy cannot "
                    + $"hold; write jsonl instead"
            );
        }

        NpyHeader joined = headers[0] with
        {
            Shape = [headers.Sum(header => header.Shape[0]), .. headers[0].Shape[1..]],
        };
        await target.WriteAsync(joined.ToBytes(), cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < parts.Count; i++)
        {
            await using FileStream source = File.OpenRead(parts[i]);
            source.Position = headers[i].Length;
            await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
        }
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
