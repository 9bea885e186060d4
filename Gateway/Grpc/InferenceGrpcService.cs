using Grpc.Core;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Repository;
using OrleansInference.Gateway.SharedMemory;

namespace OrleansInference.Gateway.Grpc;

/// <summary>KServe v2 over gRPC: each call goes to the feature that answers it.</summary>
internal sealed class InferenceGrpcService(
    GrpcInference inference,
    GrpcRepository repository,
    GrpcSharedMemory memory,
    GrpcSettings settings
) : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <inheritdoc />
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        repository.ServerLive(request, context);

    /// <inheritdoc />
    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        inference.InferAsync(request, context);

    /// <inheritdoc />
    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream,
        IServerStreamWriter<ModelStreamInferResponse> responseStream,
        ServerCallContext context
    ) => inference.StreamAsync(requestStream, responseStream, context);

    /// <inheritdoc />
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        repository.ServerReady(request, context);

    /// <inheritdoc />
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        repository.ModelReady(request, context);

    /// <inheritdoc />
    public override Task<ServerMetadataResponse> ServerMetadata(
        ServerMetadataRequest request,
        ServerCallContext context
    ) => repository.ServerMetadata(request, context);

    /// <inheritdoc />
    public override Task<ModelMetadataResponse> ModelMetadata(
        ModelMetadataRequest request,
        ServerCallContext context
    ) => repository.ModelMetadata(request, context);

    /// <inheritdoc />
    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        repository.ModelConfig(request, context);

    /// <inheritdoc />
    public override Task<RepositoryIndexResponse> RepositoryIndex(
        RepositoryIndexRequest request,
        ServerCallContext context
    ) => repository.RepositoryIndex(request, context);

    /// <inheritdoc />
    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(
        RepositoryModelLoadRequest request,
        ServerCallContext context
    ) => repository.RepositoryModelLoad(request, context);

    /// <inheritdoc />
    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request,
        ServerCallContext context
    ) => repository.RepositoryModelUnload(request, context);

    /// <inheritdoc />
    public override Task<ModelStatisticsResponse> ModelStatistics(
        ModelStatisticsRequest request,
        ServerCallContext context
    ) => repository.ModelStatistics(request, context);

    /// <inheritdoc />
    public override Task<SystemSharedMemoryStatusResponse> SystemSharedMemoryStatus(
        SystemSharedMemoryStatusRequest request,
        ServerCallContext context
    ) => memory.SystemSharedMemoryStatus(request, context);

    /// <inheritdoc />
    public override Task<SystemSharedMemoryRegisterResponse> SystemSharedMemoryRegister(
        SystemSharedMemoryRegisterRequest request,
        ServerCallContext context
    ) => memory.SystemSharedMemoryRegister(request, context);

    /// <inheritdoc />
    public override Task<SystemSharedMemoryUnregisterResponse> SystemSharedMemoryUnregister(
        SystemSharedMemoryUnregisterRequest request,
        ServerCallContext context
    ) => memory.SystemSharedMemoryUnregister(request, context);

    /// <inheritdoc />
    public override Task<CudaSharedMemoryStatusResponse> CudaSharedMemoryStatus(
        CudaSharedMemoryStatusRequest request,
        ServerCallContext context
    ) => GrpcSharedMemory.CudaSharedMemoryStatus(request, context);

    /// <inheritdoc />
    public override Task<CudaSharedMemoryRegisterResponse> CudaSharedMemoryRegister(
        CudaSharedMemoryRegisterRequest request,
        ServerCallContext context
    ) => memory.CudaSharedMemoryRegister(request, context);

    /// <inheritdoc />
    public override Task<CudaSharedMemoryUnregisterResponse> CudaSharedMemoryUnregister(
        CudaSharedMemoryUnregisterRequest request,
        ServerCallContext context
    ) => GrpcSharedMemory.CudaSharedMemoryUnregister(request, context);

    /// <inheritdoc />
    public override Task<TraceSettingResponse> TraceSetting(TraceSettingRequest request, ServerCallContext context) =>
        settings.TraceSetting(request, context);

    /// <inheritdoc />
    public override Task<LogSettingsResponse> LogSettings(LogSettingsRequest request, ServerCallContext context) =>
        settings.LogSettings(request, context);
}
