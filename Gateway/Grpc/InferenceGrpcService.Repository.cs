using Grpc.Core;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Grpc;

/// <content>The repository, and what its models have done.</content>
internal sealed partial class InferenceGrpcService
{
    /// <inheritdoc />
    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context) => AnsweredAsync("RepositoryIndex", () => new RepositoryIndexResponse
    {
        Models =
        {
            repository.GetIndex(request.Ready).Select(line => new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = line.Name,
                Version = line.Version,
                State = line.State == ModelState.Unknown ? "" : line.State.ToString().ToUpperInvariant(),
                Reason = line.Reason,
            }),
        },
    });

    /// <inheritdoc />
    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context) => AnsweredAsync("RepositoryModelLoad", async () =>
    {
        await repository.LoadAsync(request.ModelName, Override(request), context.CancellationToken);
        return new RepositoryModelLoadResponse();
    });

    /// <inheritdoc />
    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context) => AnsweredAsync("RepositoryModelUnload", async () =>
    {
        bool dependents = request.Parameters.TryGetValue("unload_dependents", out ModelRepositoryParameter? value) && value.BoolParam;
        await repository.UnloadAsync(request.ModelName, dependents, context.CancellationToken);
        return new RepositoryModelUnloadResponse();
    });

    /// <inheritdoc />
    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context) => AnsweredAsync("ModelStatistics", () => new ModelStatisticsResponse
    {
        ModelStats = { catalog.GetStatistics(request.Name, ModelVersion.Require(request.Name, request.Version)).Select(Statistics) },
    });

    private static ModelOverride? Override(RepositoryModelLoadRequest request)
    {
        string? config = null;
        Dictionary<string, ReadOnlyMemory<byte>> files = [];
        foreach ((string name, ModelRepositoryParameter value) in request.Parameters)
        {
            if (name == "config") config = value.HasStringParam ? value.StringParam : throw new InferenceException(InferenceError.InvalidArgument, "parameter 'config' must be a text of JSON");
            else if (name.StartsWith(LoadParameters.FilePrefix, StringComparison.Ordinal)) files[name[LoadParameters.FilePrefix.Length..]] = value.BytesParam.Memory;
        }

        return config is null && files.Count == 0 ? null : new ModelOverride(config, files);
    }

    private static ModelStatistics Statistics(InferenceStatistics statistics)
    {
        ModelStatistics message = new()
        {
            Name = statistics.Name,
            Version = statistics.Version,
            LastInference = (ulong)statistics.LastInferenceMs,
            InferenceCount = (ulong)statistics.InferenceCount,
            ExecutionCount = (ulong)statistics.ExecutionCount,
            InferenceStats = new InferStatistics
            {
                Success = Duration(statistics.Success),
                Fail = Duration(statistics.Fail),
                Queue = Duration(statistics.Queue),
                ComputeInput = Duration(statistics.ComputeInput),
                ComputeInfer = Duration(statistics.ComputeInfer),
                ComputeOutput = Duration(statistics.ComputeOutput),
                CacheHit = new StatisticDuration(),
                CacheMiss = new StatisticDuration(),
            },
            BatchStats =
            {
                statistics.Batches.Select(batch => new InferBatchStatistics
                {
                    BatchSize = (ulong)batch.Rows,
                    ComputeInput = Duration(batch.ComputeInput),
                    ComputeInfer = Duration(batch.ComputeInfer),
                    ComputeOutput = Duration(batch.ComputeOutput),
                }),
            },
        };
        if (statistics.MemoryBytes > 0) message.MemoryUsage.Add(new MemoryUsage { Type = "CPU", ByteSize = (ulong)statistics.MemoryBytes });
        return message;
    }

    private static StatisticDuration Duration(DurationStatistic duration) => new() { Count = (ulong)duration.Count, Ns = (ulong)duration.Nanoseconds };
}
