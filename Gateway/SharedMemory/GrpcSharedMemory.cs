using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Grpc;

namespace OrleansInference.Gateway.SharedMemory;

/// <summary>Shared memory over gRPC.</summary>
internal sealed class GrpcSharedMemory(SharedMemoryRegions regions, GrpcAnswers answers)
{
    /// <summary>Answers the call of this name.</summary>
    public Task<SystemSharedMemoryStatusResponse> SystemSharedMemoryStatus(
        SystemSharedMemoryStatusRequest request,
        ServerCallContext context
    ) =>
        answers.AnswerAsync(
            "SystemSharedMemoryStatus",
            () =>
            {
                SystemSharedMemoryStatusResponse response = new();
                foreach (SharedMemoryRegion region in regions.Status(request.Name))
                {
                    response.Regions.Add(
                        region.Name,
                        new SystemSharedMemoryStatusResponse.Types.RegionStatus
                        {
                            Name = region.Name,
                            Key = region.Key,
                            Offset = (ulong)region.Offset,
                            ByteSize = (ulong)region.ByteSize,
                        }
                    );
                }

                return response;
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<SystemSharedMemoryRegisterResponse> SystemSharedMemoryRegister(
        SystemSharedMemoryRegisterRequest request,
        ServerCallContext context
    ) =>
        answers.AnswerAsync(
            "SystemSharedMemoryRegister",
            () =>
            {
                IPAddress? client = context.GetHttpContext().Connection.RemoteIpAddress;
                regions.Register(
                    request.Name,
                    request.Key,
                    (long)Math.Min(request.Offset, long.MaxValue),
                    (long)Math.Min(request.ByteSize, long.MaxValue),
                    client
                );
                return new SystemSharedMemoryRegisterResponse();
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<SystemSharedMemoryUnregisterResponse> SystemSharedMemoryUnregister(
        SystemSharedMemoryUnregisterRequest request,
        ServerCallContext context
    ) =>
        answers.AnswerAsync(
            "SystemSharedMemoryUnregister",
            () =>
            {
                regions.Unregister(request.Name);
                return new SystemSharedMemoryUnregisterResponse();
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public static Task<CudaSharedMemoryStatusResponse> CudaSharedMemoryStatus(
        CudaSharedMemoryStatusRequest request,
        ServerCallContext context
    ) => Task.FromResult(new CudaSharedMemoryStatusResponse());

    /// <summary>Answers the call of this name.</summary>
    public Task<CudaSharedMemoryRegisterResponse> CudaSharedMemoryRegister(
        CudaSharedMemoryRegisterRequest request,
        ServerCallContext context
    ) =>
        answers.AnswerAsync(
            "CudaSharedMemoryRegister",
            CudaSharedMemoryRegisterResponse () =>
                throw CudaSharedMemory.Refusal(
                    request.Name,
                    request.RawHandle.Length,
                    (long)Math.Min(request.ByteSize, long.MaxValue)
                )
        );

    /// <summary>Answers the call of this name.</summary>
    public static Task<CudaSharedMemoryUnregisterResponse> CudaSharedMemoryUnregister(
        CudaSharedMemoryUnregisterRequest request,
        ServerCallContext context
    ) => Task.FromResult(new CudaSharedMemoryUnregisterResponse());
}
