using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Engine.Repository;

/// <summary>Turns a version folder into a warm replica: checks the file, reserves memory, builds the session, probes it.</summary>
internal sealed partial class ModelLoader(EngineOptions options, MemoryBudget budget, EngineScheduler scheduler, EngineClock clock, ILogger logger)
{
    private const double DefaultSloFactor = 5;
    private const double FallbackSloMs = 100;

    /// <summary>Reads a model's configuration; an empty one where there is no config.pbtxt.</summary>
    public static ModelConfig ReadConfig(ModelFolder folder)
    {
        ModelConfig config = File.Exists(folder.ConfigPath) ? ModelConfigReader.Parse(File.ReadAllBytes(folder.ConfigPath), folder.ConfigPath) : new ModelConfig();
        if (config.Name.Length > 0 && config.Name != folder.Name)
        {
            throw new ModelLoadException($"config.pbtxt names the model '{config.Name}', its folder is '{folder.Name}'; they must be the same");
        }

        if (config.Platform.Length > 0 && config.Platform != "onnxruntime_onnx") throw new ModelLoadException($"platform '{config.Platform}' is not served here; only onnxruntime_onnx is");
        if (config.Backend.Length > 0 && config.Backend != "onnxruntime") throw new ModelLoadException($"backend '{config.Backend}' is not served here; only onnxruntime is");
        return config;
    }

    /// <summary>Loads and warms one version.</summary>
    /// <exception cref="ModelLoadException">It cannot be served; the message says why.</exception>
    public LoadedModel Load(ModelFolder folder, long version, ModelConfig config)
    {
        string path = ModelPath(folder, version, config);
        long bytes = CheckFile(path, folder.VersionPath(version));
        IDisposable memory = Reserve($"{folder.Name} version {version}", bytes);
        try
        {
            (InferenceSession onnx, SessionSettings settings) = CreateSession(path, config);
            ModelSignature signature;
            try
            {
                signature = SignatureReader.Read(onnx, config, options.DefaultMaxBatchSize);
            }
            catch
            {
                onnx.Dispose();
                throw;
            }

            ModelSession session = new(onnx, settings, signature);
            using ModelProbe probe = new(session, clock);
            signature = Probe(folder, config, signature, probe);
            return Assemble(folder, version, config, session, signature, probe, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Builds a session with another number of intra-op threads beside the old one, warms it, puts it in its place and
    /// waits until the old one is gone. The memory of both is reserved meanwhile.
    /// </summary>
    public async Task SetThreadsAsync(ModelReplica replica, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        SessionSettings settings = replica.Session.Settings with { Threads = threads };
        using IDisposable memory = Reserve($"{replica.Name} version {replica.Version} (second session)", FileBytes(settings.Path));
        ModelSession session = await Task.Factory.StartNew(
            () =>
            {
                ModelSession built = new(CreateSession(settings, settings.Path), settings, replica.Signature);
                using ModelProbe probe = new(built, clock);
                probe.Run(replica.Signature);
                return built;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
        await replica.SwapAsync(session, Math.Max(1, scheduler.ThreadCount / threads)).ConfigureAwait(false);
    }

    private static string ModelPath(ModelFolder folder, long version, ModelConfig config)
    {
        string file = config.DefaultModelFilename.Length > 0 ? config.DefaultModelFilename : "model.onnx";
        if (Path.GetFileName(file) != file) throw new ModelLoadException($"default_model_filename '{file}' must be a file name without a folder");
        string path = Path.Combine(folder.VersionPath(version), file);
        return File.Exists(path) ? path : throw new ModelLoadException($"there is no {file} in '{folder.VersionPath(version)}'");
    }

    private static long CheckFile(string path, string folder)
    {
        try
        {
            OnnxExternalData.Check(OnnxOutlineReader.Read(path), folder);
        }
        catch (OnnxFormatException exception)
        {
            throw new ModelLoadException(exception.Message, exception);
        }

        return FileBytes(path);
    }

    private static long FileBytes(string path) => new FileInfo(path).Directory!.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Where CUDA is only preferred and no device answers, the CPU serves.</summary>
    private (InferenceSession Onnx, SessionSettings Settings) CreateSession(string path, ModelConfig config)
    {
        string kind = InstanceKind(config);
        SessionSettings settings = Settings(path, config, kind);
        if (settings.Provider == ExecutionProviderChoice.Cpu || ExecutionProviderChoice.IsCudaDemanded(options.ExecutionProvider.Provider, kind))
        {
            return (CreateSession(settings, path), settings);
        }

        try
        {
            return (CreateSession(settings, path), settings);
        }
        catch (ModelLoadException exception)
        {
            settings = settings with { Provider = ExecutionProviderChoice.Cpu };
            InferenceSession onnx = CreateSession(settings, path);
            LogFellBack(path, exception.Message);
            return (onnx, settings);
        }
    }

    private static string InstanceKind(ModelConfig config) => config.InstanceGroup.Count == 0 ? "KIND_AUTO" : config.InstanceGroup[0].Kind switch
    {
        ModelInstanceGroup.Types.Kind.Cpu => "KIND_CPU",
        ModelInstanceGroup.Types.Kind.Gpu => "KIND_GPU",
        _ => "KIND_AUTO",
    };

    private static InferenceSession CreateSession(SessionSettings settings, string path)
    {
        try
        {
            return settings.CreateSession();
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new ModelLoadException($"ONNX Runtime cannot load '{path}': {exception.Message}", exception);
        }
    }

    /// <summary>A session takes about twice its file, and a few MiB of its own (measured: 96 MB of weights, 150–200 MB a session).</summary>
    private IDisposable Reserve(string holder, long fileBytes) =>
        budget.TryReserve(holder, (2 * fileBytes) + (4 << 20), out string reason) ?? throw new ModelLoadException(reason);

    private SessionSettings Settings(string path, ModelConfig config, string kind)
    {
        Dictionary<string, string> cuda = new(options.ExecutionProvider.Cuda);
        if (config.InstanceGroup.Count > 0 && config.InstanceGroup[0].Gpus.Count > 0) cuda["device_id"] = config.InstanceGroup[0].Gpus[0].ToString(CultureInfo.InvariantCulture);
        return new SessionSettings
        {
            Path = path,
            Threads = (int)Parameter(config, "intra_op_thread_count", 1, 1, 1024),
            Provider = ExecutionProviderChoice.Choose(options.ExecutionProvider.Provider, kind, OnnxRuntimeEnvironment.AvailableProviders),
            CudaOptions = cuda,
        };
    }

    private ModelSignature Probe(ModelFolder folder, ModelConfig config, ModelSignature signature, ModelProbe probe)
    {
        bool? independent = probe.Run(signature);
        if (probe.Failure.Length > 0) LogNotWarmed(folder.Name, probe.Failure);
        bool configured = config.HasMaxBatchSize || config.Input.Count > 0;
        if (!signature.IsBatched || independent == true) return signature;
        if (configured)
        {
            if (independent == false) LogRowsInteract(folder.Name, signature.MaxBatchSize);
            return signature;
        }

        return signature with
        {
            MaxBatchSize = 0,
            Inputs = [.. signature.Inputs.Select(spec => spec with { IsBatched = false })],
            Outputs = [.. signature.Outputs.Select(spec => spec with { IsBatched = false })],
        };
    }

    private LoadedModel Assemble(
        ModelFolder folder, long version, ModelConfig config, ModelSession session, ModelSignature signature, ModelProbe probe, IDisposable memory)
    {
        int instances = config.InstanceGroup.Sum(group => group.Count);
        if (instances <= 0) instances = Math.Max(1, scheduler.ThreadCount / session.Settings.Threads);
        if (session.Settings.Provider != ExecutionProviderChoice.Cpu) scheduler.EnsureThreads(scheduler.ThreadCount + instances);
        ModelQueuePolicy? policy = config.DynamicBatching?.DefaultQueuePolicy;
        BatchLimits limits = new()
        {
            MaxRows = Math.Max(1, signature.MaxBatchSize),
            FillToMax = config.DynamicBatching is not null,
            PreferredRows = [.. (config.DynamicBatching?.PreferredBatchSize ?? []).Where(size => size > 0 && size <= Math.Max(1, signature.MaxBatchSize)).Order()],
            MaxDelay = TimeSpan.FromMicroseconds(config.DynamicBatching?.MaxQueueDelayMicroseconds ?? 0),
            Concurrency = instances,
            MaxQueuedRequests = policy?.MaxQueueSize > 0 ? (int)policy.MaxQueueSize : options.MaxQueuedRequests,
        };
        uint levels = (uint)(config.DynamicBatching?.PriorityLevels ?? 0);
        uint level = (uint)(config.DynamicBatching?.DefaultPriorityLevel ?? 0);
        double measuredSlo = probe.FirstRowSeconds > 0 ? probe.FirstRowSeconds * 1000 * DefaultSloFactor : FallbackSloMs;
        QueuePolicy queue = new()
        {
            PriorityLevels = levels,
            DefaultPriority = levels == 0 ? uint.MaxValue : level == 0 ? levels : level,
            DefaultTimeout = TimeSpan.FromMicroseconds(policy?.DefaultTimeoutMicroseconds ?? 0),
            AllowTimeoutOverride = policy is null || policy.DefaultTimeoutMicroseconds == 0 || policy.AllowTimeoutOverride,
            RejectOverdue = policy?.TimeoutAction != ModelQueuePolicy.Types.TimeoutAction.Delay,
            SloP99Ms = Parameter(config, "slo_p99_ms", measuredSlo, 1e-3, 1e9),
            SloWeight = Parameter(config, "slo_weight", 1, 1e-6, 1e6),
        };
        ModelReplica replica = new(folder.Name, version.ToString(CultureInfo.InvariantCulture), signature, session, limits, queue, probe.Cost, scheduler, clock)
        {
            Parameters = config.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.StringValue),
        };
        string json = ModelConfigJson.Write(ConfigCompletion.Complete(config, folder.Name, signature, session.Settings.Provider, instances));
        return new LoadedModel(replica, version, json, memory);
    }

    private static double Parameter(ModelConfig config, string key, double fallback, double low, double high)
    {
        if (!config.Parameters.TryGetValue(key, out ModelParameter? parameter)) return fallback;
        return double.TryParse(parameter.StringValue, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= low && value <= high
            ? value
            : throw new ModelLoadException($"parameter {key} is '{parameter.StringValue}'; a number from {low} to {high} is allowed");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} was not warmed up, no made-up input suits it: {Reason}")]
    private partial void LogNotWarmed(string model, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} is served on the CPU, CUDA cannot load it: {Reason}")]
    private partial void LogFellBack(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {Model} has max_batch_size {Size} configured, but its rows influence each other: batching changes its answers. Set max_batch_size: 0.")]
    private partial void LogRowsInteract(string model, int size);
}
