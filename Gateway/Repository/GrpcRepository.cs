using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Grpc;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Repository;

/// <summary>Health, metadata, the repository and statistics over gRPC.</summary>
internal sealed class GrpcRepository(
    IModelCatalog catalog,
    IModelRepository repository,
    ModelEndpoints models,
    GrpcAnswers answers,
    IOptions<GatewayOptions> options
)
{
    private static readonly JsonParser s_configParser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>Answers the call of this name.</summary>
    public Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = catalog.IsServerLive });

    /// <summary>Answers the call of this name.</summary>
    public async Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        new() { Ready = await models.IsServerReadyAsync(context.CancellationToken) };

    /// <summary>Answers the call of this name.</summary>
    public Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = catalog.IsModelReady(request.Name, request.Version) });

    /// <summary>Answers the call of this name.</summary>
    public Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(
            new ServerMetadataResponse
            {
                Name = options.Value.ServerName,
                Version = options.Value.ServerVersion,
                Extensions = { models.Extensions },
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) =>
        answers.AnswerAsync(
            "ModelMetadata",
            () =>
            {
                ModelMetadata metadata = catalog.GetMetadata(
                    request.Name,
                    ModelVersion.Require(request.Name, request.Version)
                );
                return new ModelMetadataResponse
                {
                    Name = metadata.Name,
                    Versions = { metadata.Versions },
                    Platform = metadata.Platform,
                    Inputs = { metadata.Inputs.Select(Describe) },
                    Outputs = { metadata.Outputs.Select(Describe) },
                };
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        answers.AnswerAsync(
            "ModelConfig",
            () =>
                new ModelConfigResponse
                {
                    Config = s_configParser.Parse<ModelConfig>(
                        catalog.GetConfigJson(request.Name, ModelVersion.Require(request.Name, request.Version))
                    ),
                }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context) =>
        answers.AnswerAsync(
            "RepositoryIndex",
            () =>
                new RepositoryIndexResponse
                {
                    Models =
                    {
                        repository
                            .GetIndex(request.Ready)
                            .Select(line => new RepositoryIndexResponse.Types.ModelIndex
                            {
                                Name = line.Name,
                                Version = line.Version,
                                State =
                                    line.State == ModelState.Unknown ? "" : line.State.ToString().ToUpperInvariant(),
                                Reason = line.Reason,
                            }),
                    },
                }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<RepositoryModelLoadResponse> RepositoryModelLoad(
        RepositoryModelLoadRequest request,
        ServerCallContext context
    ) =>
        answers.AnswerAsync(
            "RepositoryModelLoad",
            async () =>
            {
                await repository.LoadAsync(request.ModelName, Override(request), context.CancellationToken);
                return new RepositoryModelLoadResponse();
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request,
        ServerCallContext context
    ) =>
        answers.AnswerAsync(
            "RepositoryModelUnload",
            async () =>
            {
                bool dependents =
                    request.Parameters.TryGetValue("unload_dependents", out ModelRepositoryParameter? value)
                    && value.BoolParam;
                await repository.UnloadAsync(request.ModelName, dependents, context.CancellationToken);
                return new RepositoryModelUnloadResponse();
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context) =>
        answers.AnswerAsync(
            "ModelStatistics",
            () =>
                new ModelStatisticsResponse
                {
                    ModelStats =
                    {
                        catalog
                            .GetStatistics(request.Name, ModelVersion.Require(request.Name, request.Version))
                            .Select(Statistics),
                    },
                }
        );

    private static ModelOverride? Override(RepositoryModelLoadRequest request)
    {
        string? config = null;
        Dictionary<string, ReadOnlyMemory<byte>> files = [];
        foreach ((string name, ModelRepositoryParameter value) in request.Parameters)
        {
            if (name == "config")
            {
                config = value.HasStringParam
                    ? value.StringParam
                    : throw new InferenceException(
                        InferenceError.InvalidArgument,
                        "parameter 'config' must be a text of JSON"
                    );
            }
            else if (name.StartsWith(LoadParameters.FilePrefix, StringComparison.Ordinal))
            {
                files[name[LoadParameters.FilePrefix.Length..]] = value.BytesParam.Memory;
            }
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
        if (statistics.MemoryBytes > 0)
        {
            message.MemoryUsage.Add(new MemoryUsage { Type = "CPU", ByteSize = (ulong)statistics.MemoryBytes });
        }
        return message;
    }

    private static StatisticDuration Duration(DurationStatistic duration) =>
        new() { Count = (ulong)duration.Count, Ns = (ulong)duration.Nanoseconds };

    private static ModelMetadataResponse.Types.TensorMetadata Describe(TensorMetadata tensor) =>
        new()
        {
            Name = tensor.Name,
            Datatype = tensor.Datatype.WireName(),
            Shape = { tensor.Shape },
        };
}
