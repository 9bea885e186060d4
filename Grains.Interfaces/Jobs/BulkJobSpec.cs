namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>What a bulk job does: every row of a file through a model, into another file, in the same order.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BulkJobSpec")]
public sealed record BulkJobSpec
{
    /// <summary>The model's name.</summary>
    [Id(0)]
    public required string Model { get; init; }

    /// <summary>
    /// A decimal version number; empty for the highest that is ready when the job starts, which it then keeps.
    /// </summary>
    [Id(1)]
    public string Version { get; init; } = "";

    /// <summary>The file to read, at a path that every silo sees.</summary>
    [Id(2)]
    public required string Input { get; init; }

    /// <summary>
    /// The file to write, at a path that every silo sees; one that is there is replaced when the job ends.
    /// </summary>
    [Id(3)]
    public required string Output { get; init; }

    /// <summary><c>npy</c>, <c>csv</c>, <c>jsonl</c> or <c>parquet</c>; empty for what the extension says.</summary>
    [Id(4)]
    public string InputFormat { get; init; } = "";

    /// <inheritdoc cref="InputFormat"/>
    [Id(5)]
    public string OutputFormat { get; init; } = "";

    /// <summary>
    /// Which column feeds which input of the model. Columns of one input are joined in the file's order. An input
    /// without a mapping takes the column of its name, else the columns <c>NAME_0</c>, <c>NAME_1</c> …. Where there is
    /// none of these and the model has one input, it takes all columns.
    /// </summary>
    [Id(6)]
    public Dictionary<string, string> Columns { get; init; } = [];

    /// <summary>The model's outputs to write, in this order; empty for all.</summary>
    [Id(7)]
    public string[] Outputs { get; init; } = [];

    /// <summary>
    /// Rows that one shard reads and writes, from 1; a crash costs at most the shards under way. Parquet is cut between
    /// row groups only.
    /// </summary>
    [Id(8)]
    public int RowsPerShard { get; init; } = 10_000;

    /// <summary>
    /// Rows of one inference request, from 1; a model without a batch dimension gets one row a request.
    /// </summary>
    [Id(9)]
    public int RowsPerRequest { get; init; } = 64;

    /// <summary>Most shards that run at once, over the whole cluster, from 1 to 1,024.</summary>
    [Id(10)]
    public int MaxParallelShards { get; init; } = 4;
}
