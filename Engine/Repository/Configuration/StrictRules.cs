using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What a configuration must say where nothing is completed from the model's file. Pure.</summary>
internal static class StrictRules
{
    private const string Advice = "; it is read from the model's file unless --strict-model-config is true";

    /// <exception cref="ModelLoadException">Something is left out; the message names it.</exception>
    public static void Require(ModelConfig config, string model)
    {
        bool isEnsemble = config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling;
        if (config.Platform.Length == 0 && config.Backend.Length == 0 && !isEnsemble)
        {
            throw new ModelLoadException($"must specify 'platform' or 'backend' for {model}{Advice}");
        }
        if (config.Input.Count == 0)
        {
            throw new ModelLoadException($"must specify 'input' for {model}{Advice}");
        }
        if (config.Output.Count == 0)
        {
            throw new ModelLoadException($"must specify 'output' for {model}{Advice}");
        }
        foreach (ModelInput input in config.Input)
        {
            Require($"model input '{input.Name}'", input.DataType, input.Dims.Count, model);
        }
        foreach (ModelOutput output in config.Output)
        {
            Require($"model output '{output.Name}'", output.DataType, output.Dims.Count, model);
        }
    }

    private static void Require(string tensor, DataType type, int dims, string model)
    {
        string? lacks =
            type == DataType.TypeInvalid ? "data_type"
            : dims == 0 ? "dims"
            : null;
        if (lacks is not null)
        {
            throw new ModelLoadException($"{tensor} must specify '{lacks}' for {model}{Advice}");
        }
    }
}
