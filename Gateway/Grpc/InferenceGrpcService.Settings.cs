using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.SharedMemory;

namespace OrleansInference.Gateway.Grpc;

/// <content>Shared memory, trace and log settings.</content>
internal sealed partial class InferenceGrpcService
{
    /// <inheritdoc />
    public override Task<SystemSharedMemoryStatusResponse> SystemSharedMemoryStatus(SystemSharedMemoryStatusRequest request, ServerCallContext context) => AnsweredAsync("SystemSharedMemoryStatus", () =>
    {
        SystemSharedMemoryStatusResponse response = new();
        foreach (SharedMemoryRegion region in regions.Status(request.Name))
        {
            response.Regions.Add(region.Name, new SystemSharedMemoryStatusResponse.Types.RegionStatus { Name = region.Name, Key = region.Key, Offset = (ulong)region.Offset, ByteSize = (ulong)region.ByteSize });
        }

        return response;
    });

    /// <inheritdoc />
    public override Task<SystemSharedMemoryRegisterResponse> SystemSharedMemoryRegister(SystemSharedMemoryRegisterRequest request, ServerCallContext context) => AnsweredAsync("SystemSharedMemoryRegister", () =>
    {
        IPAddress? client = context.GetHttpContext().Connection.RemoteIpAddress;
        regions.Register(request.Name, request.Key, (long)Math.Min(request.Offset, long.MaxValue), (long)Math.Min(request.ByteSize, long.MaxValue), client);
        return new SystemSharedMemoryRegisterResponse();
    });

    /// <inheritdoc />
    public override Task<SystemSharedMemoryUnregisterResponse> SystemSharedMemoryUnregister(SystemSharedMemoryUnregisterRequest request, ServerCallContext context) => AnsweredAsync("SystemSharedMemoryUnregister", () =>
    {
        regions.Unregister(request.Name);
        return new SystemSharedMemoryUnregisterResponse();
    });

    /// <inheritdoc />
    public override Task<CudaSharedMemoryStatusResponse> CudaSharedMemoryStatus(CudaSharedMemoryStatusRequest request, ServerCallContext context) => Task.FromResult(new CudaSharedMemoryStatusResponse());

    /// <inheritdoc />
    public override Task<CudaSharedMemoryRegisterResponse> CudaSharedMemoryRegister(CudaSharedMemoryRegisterRequest request, ServerCallContext context) => AnsweredAsync(
        "CudaSharedMemoryRegister",
        CudaSharedMemoryRegisterResponse () => throw CudaSharedMemory.Refusal(request.Name, request.RawHandle.Length, (long)Math.Min(request.ByteSize, long.MaxValue)));

    /// <inheritdoc />
    public override Task<CudaSharedMemoryUnregisterResponse> CudaSharedMemoryUnregister(CudaSharedMemoryUnregisterRequest request, ServerCallContext context) => Task.FromResult(new CudaSharedMemoryUnregisterResponse());

    /// <inheritdoc />
    public override Task<TraceSettingResponse> TraceSetting(TraceSettingRequest request, ServerCallContext context) => AnsweredAsync("TraceSetting", () =>
    {
        Diagnostics.TraceSettings.RequireModel(catalog, request.ModelName);
        if (request.Settings.Count > 0) traceSettings.Change(request.ModelName, request.Settings.ToDictionary(setting => setting.Key, setting => setting.Value.Value.Count == 0 ? null : setting.Value.Value.ToArray()));
        TraceSettingResponse response = new();
        foreach ((string name, string[] value) in traceSettings.Of(request.ModelName)) response.Settings.Add(name, new TraceSettingResponse.Types.SettingValue { Value = { value } });
        return response;
    });

    /// <inheritdoc />
    public override Task<LogSettingsResponse> LogSettings(LogSettingsRequest request, ServerCallContext context) => AnsweredAsync("LogSettings", () =>
    {
        if (request.Settings.Count > 0) logSettings.Change(request.Settings.ToDictionary(setting => setting.Key, setting => Value(setting.Value)));
        LogSettingsResponse response = new();
        foreach ((string name, object value) in logSettings.Values) response.Settings.Add(name, Message(value));
        return response;
    });

    private static object? Value(LogSettingsRequest.Types.SettingValue value) => value.ParameterChoiceCase switch
    {
        LogSettingsRequest.Types.SettingValue.ParameterChoiceOneofCase.BoolParam => value.BoolParam,
        LogSettingsRequest.Types.SettingValue.ParameterChoiceOneofCase.Uint32Param => (long)value.Uint32Param,
        LogSettingsRequest.Types.SettingValue.ParameterChoiceOneofCase.StringParam => value.StringParam,
        _ => null,
    };

    private static LogSettingsResponse.Types.SettingValue Message(object value) => value switch
    {
        bool flag => new() { BoolParam = flag },
        long number => new() { Uint32Param = (uint)Math.Min(number, uint.MaxValue) },
        _ => new() { StringParam = (string)value },
    };
}
