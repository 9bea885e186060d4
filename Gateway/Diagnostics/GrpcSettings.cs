using Grpc.Core;
using OrleansInference.Gateway.Grpc;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>Trace and log settings over gRPC.</summary>
internal sealed class GrpcSettings(
    IModelCatalog catalog,
    TraceSettings traceSettings,
    LogSettings logSettings,
    GrpcAnswers answers
)
{
    /// <summary>Answers the call of this name.</summary>
    public Task<TraceSettingResponse> TraceSetting(TraceSettingRequest request, ServerCallContext context) =>
        answers.AnswerAsync(
            "TraceSetting",
            () =>
            {
                TraceSettings.RequireModel(catalog, request.ModelName);
                if (request.Settings.Count > 0)
                {
                    traceSettings.Change(
                        request.ModelName,
                        request.Settings.ToDictionary(
                            setting => setting.Key,
                            setting => setting.Value.Value.Count == 0 ? null : setting.Value.Value.ToArray()
                        )
                    );
                }
                TraceSettingResponse response = new();
                foreach ((string name, string[] value) in traceSettings.For(request.ModelName))
                {
                    response.Settings.Add(name, new TraceSettingResponse.Types.SettingValue { Value = { value } });
                }
                return response;
            }
        );

    /// <summary>Answers the call of this name.</summary>
    public Task<LogSettingsResponse> LogSettings(LogSettingsRequest request, ServerCallContext context) =>
        answers.AnswerAsync(
            "LogSettings",
            () =>
            {
                if (request.Settings.Count > 0)
                {
                    logSettings.Change(
                        request.Settings.ToDictionary(setting => setting.Key, setting => Value(setting.Value))
                    );
                }
                LogSettingsResponse response = new();
                foreach ((string name, object value) in logSettings.Values)
                {
                    response.Settings.Add(name, Message(value));
                }
                return response;
            }
        );

    private static object? Value(LogSettingsRequest.Types.SettingValue value) =>
        value.ParameterChoiceCase switch
        {
            LogSettingsRequest.Types.SettingValue.ParameterChoiceOneofCase.BoolParam => value.BoolParam,
            LogSettingsRequest.Types.SettingValue.ParameterChoiceOneofCase.Uint32Param => (long)value.Uint32Param,
            LogSettingsRequest.Types.SettingValue.ParameterChoiceOneofCase.StringParam => value.StringParam,
            _ => null,
        };

    private static LogSettingsResponse.Types.SettingValue Message(object value) =>
        value switch
        {
            bool flag => new() { BoolParam = flag },
            long number => new() { Uint32Param = (uint)Math.Min(number, uint.MaxValue) },
            _ => new() { StringParam = (string)value },
        };
}
