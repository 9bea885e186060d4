using System.Security.Cryptography;
using Google.Protobuf;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>
/// What a model is loaded from: its folder in the repository, or what a load request gave in its place.
/// </summary>
/// <param name="Folder">The files.</param>
/// <param name="Config">The configuration.</param>
internal sealed record ModelSource(ModelFolder Folder, ModelConfig Config)
{
    /// <summary>
    /// Folder of files that a load request gave, deleted when nothing uses it any more; null for the repository's.
    /// </summary>
    public OverrideFolder? Temporary { get; init; }

    /// <summary>Whether a load request gave some of it: evicted, it would not come back as it was.</summary>
    public bool IsOverride { get; init; }

    /// <summary>When the configuration in its folder was written last, as it was read.</summary>
    private DateTime ConfigTime { get; } = Folder.ConfigTime;

    /// <summary>
    /// Whether it stands in for what a folder's own configuration says: a load request gave another one, and nobody has
    /// written the folder's since.
    /// </summary>
    public bool IsKeptFor(ModelFolder folder) =>
        IsOverride && Temporary is null && folder.Path == Folder.Path && folder.ConfigTime == ConfigTime;

    /// <summary>Whether it is a pipeline of other models.</summary>
    public bool IsEnsemble => Config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling;

    /// <summary>A sentence for everything that its configuration sets and that has no effect.</summary>
    public IEnumerable<string> Warnings() =>
        FieldCheck
            .Warnings(Config)
            .Concat(ConfigRules.Warnings(Config))
            .Concat(VersionSelection.Warnings(Folder, Config.VersionPolicy))
            .Concat(LabelFiles.Warnings(Folder, Config));

    /// <summary>Reads it.</summary>
    /// <param name="name">The model.</param>
    /// <param name="folder">Its folder in the repository; null where there is none.</param>
    /// <param name="replacement">What the request gives instead; null for nothing.</param>
    /// <exception cref="ModelLoadException">There is no such model, or the override is wrong.</exception>
    /// <exception cref="ModelConfigException">The configuration cannot be read.</exception>
    public static ModelSource Read(string name, ModelFolder? folder, ModelOverride? replacement)
    {
        if (replacement is not { Files.Count: > 0 } && folder?.Problem is { } problem)
        {
            throw new ModelLoadException(problem);
        }
        if (replacement is null || (replacement.ConfigJson is null && replacement.Files.Count == 0))
        {
            return folder is null
                ? throw new ModelLoadException($"there is no model '{name}' in the repository")
                : new ModelSource(folder, ConfigOf(folder, ReadFile(folder)));
        }

        if (replacement.ConfigJson is null)
        {
            throw new ModelLoadException("files were given without a configuration; give the parameter 'config' too");
        }
        ModelConfig config = ModelConfigJson.Parse(replacement.ConfigJson);
        if (replacement.Files.Count == 0)
        {
            return folder is null
                ? throw new ModelLoadException(
                    $"there is no model '{name}' in the repository, and the request gives no files"
                )
                : new ModelSource(folder, ConfigOf(folder, config)) { IsOverride = true };
        }

        OverrideFolder temporary = OverrideFolder.Write(name, replacement.Files);
        try
        {
            return new ModelSource(temporary.Folder, ConfigOf(temporary.Folder, config))
            {
                IsOverride = true,
                Temporary = temporary,
            };
        }
        catch
        {
            temporary.Dispose();
            throw;
        }
    }

    /// <summary>Changes whenever the configuration or a file of the version does.</summary>
    public VersionFingerprint Fingerprint(long version) => VersionFingerprint.Of(Config, Folder.Fingerprint(version));

    /// <summary>
    /// Reads what was fetched from another node, with the configuration that replaces the folder's own there.
    /// </summary>
    /// <exception cref="ModelLoadException">The configuration is not one for it.</exception>
    public static ModelSource Fetched(OverrideFolder folder, string? configJson)
    {
        ModelConfig config = configJson is null ? ReadFile(folder.Folder) : ModelConfigJson.Parse(configJson);
        return new ModelSource(folder.Folder, ConfigOf(folder.Folder, config))
        {
            Temporary = folder,
            IsOverride = configJson is not null,
        };
    }

    private static ModelConfig ReadFile(ModelFolder folder) =>
        RegularFile.Exists(folder.ConfigPath)
            ? ModelConfigReader.Parse(RegularFile.ReadAllBytes(folder.ConfigPath), folder.ConfigPath)
            : new ModelConfig();

    private static ModelConfig ConfigOf(ModelFolder folder, ModelConfig config)
    {
        string model = config.Name.Length > 0 ? config.Name : folder.Name;
        FieldCheck.RequireServed(config);
        if (folder.Config.IsStrict)
        {
            StrictRules.Require(config, model);
        }
        ConfigRules.Require(config, model);
        if (config.Name.Length > 0 && config.Name != folder.Name)
        {
            throw new ModelLoadException(
                $"the configuration names the model '{config.Name}', its folder is '{folder.Name}'; they "
                    + $"must be the same"
            );
        }
        if (config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling)
        {
            return config;
        }
        if (config.Platform is not ("" or "onnxruntime_onnx") || config.Backend is not ("" or "onnxruntime"))
        {
            throw new ModelLoadException(
                $"unexpected 'platform' and 'backend' pair, got:{config.Platform}, {config.Backend}; served here are "
                    + $"platform onnxruntime_onnx or ensemble, and backend onnxruntime"
            );
        }
        return config;
    }
}
