using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// A file format of bulk jobs. Every part of an output is a whole file of the format by itself. Parts joined in row
/// order have the same rows as one writer would have written. Wrong contents are an <see cref="InferenceException"/>.
/// </summary>
public interface IRowFormat
{
    /// <summary>Its name in a job's spec, which is its file extension too.</summary>
    string Name { get; }

    /// <summary>Reads the columns of a file from its header alone.</summary>
    Task<RowColumn[]> ReadColumnsAsync(string path, CancellationToken cancellationToken);

    /// <summary>Cuts a file into shards; may read all of it.</summary>
    Task<BulkRange[]> SplitAsync(string path, int rowsPerShard, CancellationToken cancellationToken);

    /// <summary>Opens a file at a shard's first row.</summary>
    Task<IRowReader> OpenAsync(string path, BulkInput[] inputs, BulkRange range, CancellationToken cancellationToken);

    /// <summary>Checks that a file of the format can hold a model's outputs. By default it can.</summary>
    /// <param name="model">The model's name, for the error.</param>
    /// <param name="outputs">The outputs to write.</param>
    /// <exception cref="InferenceException">It cannot.</exception>
    void CheckOutputs(string model, TensorMetadata[] outputs) { }

    /// <summary>Writes rows to a stream, which the caller keeps.</summary>
    IRowWriter Create(Stream target);

    /// <summary>Joins parts in their order.</summary>
    Task MergeAsync(IReadOnlyList<string> parts, Stream target, CancellationToken cancellationToken);
}
