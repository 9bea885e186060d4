using System.Globalization;
using OrleansInference.Engine;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Jobs.Formats;

namespace OrleansInference.Grains.Jobs;

/// <summary>Validates a job before it starts, and completes what its spec leaves open.</summary>
internal sealed class JobPlanner(InferenceEngine engine, IModelCatalog catalog)
{
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(20);

    /// <summary>Plans a job from the headers of its files.</summary>
    /// <exception cref="InferenceException">The spec is wrong, or the input or the model is missing.</exception>
    public async Task<BulkShardPlan> PlanAsync(BulkJobSpec spec, CancellationToken cancellationToken)
    {
        Check(spec);
        IRowFormat input = RowFormats.Find(spec.InputFormat, spec.Input, "input_format");
        IRowFormat output = RowFormats.Find(spec.OutputFormat, spec.Output, "output_format");
        if (!File.Exists(spec.Input))
        {
            throw new InferenceException(InferenceError.NotFound, $"there is no file '{spec.Input}'");
        }
        if (!Directory.Exists(Path.GetDirectoryName(spec.Output)))
        {
            throw new InferenceException(
                InferenceError.NotFound,
                $"there is no folder '{Path.GetDirectoryName(spec.Output)}' for the output"
            );
        }
        if (Directory.Exists(spec.Output))
        {
            throw Invalid($"'{spec.Output}' is a folder");
        }
        ModelMetadata model = await ModelAsync(spec, cancellationToken);
        TensorMetadata[] written =
        [
            .. model.Outputs.Where(tensor => spec.Outputs.Length == 0 || spec.Outputs.Contains(tensor.Name)),
        ];
        output.CheckOutputs(model.Name, written);
        BulkInput[] inputs = InputPlan.For(spec, model, await ReadColumnsAsync(input, spec, cancellationToken));
        spec = spec with
        {
            // Fixed now: all shards are of one version, also where a newer one comes meanwhile.
            Version = spec.Version.Length > 0 ? spec.Version : model.Versions[^1],
            InputFormat = input.Name,
            OutputFormat = output.Name,
        };
        return new BulkShardPlan
        {
            Spec = spec,
            Inputs = inputs,
            IsBatched = model.MaxBatchSize > 0,
            Parts = Path.Combine(JobFiles.Folder(spec.Output), Fingerprint(spec)),
        };
    }

    /// <summary>
    /// Identifies the job's rows and how they are inferred. Another spec, input or model version has another
    /// fingerprint.
    /// </summary>
    public static string Fingerprint(BulkJobSpec spec)
    {
        FileInfo input = new(spec.Input);
        return SpecJson.Fingerprint(
            spec,
            string.Create(CultureInfo.InvariantCulture, $"{input.Length} {input.LastWriteTimeUtc.Ticks}")
        );
    }

    private static void Check(BulkJobSpec spec)
    {
        if (spec.RowsPerShard < 1)
        {
            throw Invalid($"rows_per_shard is {spec.RowsPerShard}; it must be at least 1");
        }
        if (spec.RowsPerRequest < 1)
        {
            throw Invalid($"rows_per_request is {spec.RowsPerRequest}; it must be at least 1");
        }
        if (spec.MaxParallelShards is < 1 or > 1024)
        {
            throw Invalid($"max_parallel_shards is {spec.MaxParallelShards}; it must be from 1 to 1024");
        }
        foreach ((string member, string path) in new[] { ("input", spec.Input), ("output", spec.Output) })
        {
            if (!Path.IsPathFullyQualified(path))
            {
                throw Invalid($"{member} is '{path}'; it must be a path from the root, the same on every silo");
            }
        }

        if (Path.GetFullPath(spec.Input) == Path.GetFullPath(spec.Output))
        {
            throw Invalid($"input and output are both '{spec.Input}'");
        }
    }

    private static async Task<RowColumn[]> ReadColumnsAsync(
        IRowFormat format,
        BulkJobSpec spec,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await format.ReadColumnsAsync(spec.Input, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid($"'{spec.Input}' cannot be read: {exception.Message}");
        }
    }

    private async Task<ModelMetadata> ModelAsync(BulkJobSpec spec, CancellationToken cancellationToken)
    {
        if (!catalog.IsModelReady(spec.Model, spec.Version))
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(LoadPatience);
            try
            {
                _ = await engine.EnsureLoadedAsync(spec.Model, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new InferenceException(
                    InferenceError.Unavailable,
                    $"model '{spec.Model}' is still loading; start the job again later"
                );
            }
        }

        return catalog.GetMetadata(spec.Model, spec.Version);
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
