using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sequences;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Engine.Repository;

/// <summary>Turns a version folder into a warm replica: checks the file, reserves memory, builds the session, probes it.</summary>
internal sealed partial class ModelLoader(EngineOptions options, EmulatedDevice? device, MemoryBudget budget, EngineScheduler scheduler, EngineClock clock, RequestLog log, ILogger logger)
{
    /// <summary>Bytes of memory that a version will be counted with.</summary>
    /// <exception cref="ModelLoadException">Its file is missing or broken.</exception>
    public long MemoryBytes(ModelSource source, long version)
    {
        string path = ModelPath(source.Folder, version, source.Config);
        long bytes = SessionBytes(CheckFile(path, source.Folder.VersionPath(version)));
        return device is null ? bytes : device.Profile.Of(source.Folder.Name).MemoryBytes;
    }

    /// <summary>Loads and warms one version.</summary>
    /// <exception cref="ModelLoadException">It cannot be served; the message says why.</exception>
    public (ModelReplica Replica, string ConfigJson) Load(ModelSource source, long version)
    {
        (ModelFolder folder, ModelConfig config) = (source.Folder, source.Config);
        TimeSpan begin = clock.Now;
        (InferenceSession onnx, SessionSettings settings) = CreateSession(folder.Name, ModelPath(folder, version, config), config);
        try
        {
            ModelSignature signature = SignatureReader.Read(onnx, config, options.DefaultMaxBatchSize);
            ModelSession session = new(onnx, settings, signature) { Device = device };
            using ModelProbe probe = new(session, clock);
            signature = Probe(folder, config, signature, probe);
            WarmUp(source, signature, probe);
            if (settings.Emulated is { } profile) WaitUntil(begin + profile.LoadTime);
            return Assemble(source, version, session, signature, probe);
        }
        catch
        {
            onnx.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Builds a session with another number of intra-op threads or of another variant beside the old one, warms it, puts it in
    /// its place and waits until the old one is gone. The memory of both is reserved meanwhile.
    /// </summary>
    public async Task SetSessionAsync(ModelReplica replica, int threads, string variant)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        SessionSettings old = replica.Session.Settings;
        string folder = Path.GetDirectoryName(old.Path)!;
        string path = variant == old.Variant ? old.Path
            : variant == ModelVariants.Original ? Path.Combine(folder, replica.OriginalFile)
            : replica.Variants.FirstOrDefault(other => other.Name == variant) is { } chosen ? Path.Combine(folder, chosen.File)
            : throw new ModelLoadException($"model '{replica.Name}' has no variant '{variant}'; it has: {string.Join(", ", replica.Variants.Select(other => other.Name).Prepend(ModelVariants.Original))}");
        SessionSettings settings = old with { Threads = threads, Path = path, Variant = variant };
        using MemoryReservation memory = budget.TryReserve($"{replica.Name} version {replica.Version} (second session)", SessionBytes(FileBytes(settings.Path)), out string reason) ?? throw new ModelLoadException(reason);
        ModelSession session = await Task.Factory.StartNew(
            () =>
            {
                ModelSession built = new(CreateSession(settings, settings.Path), settings, replica.Signature) { Device = device };
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
    private (InferenceSession Onnx, SessionSettings Settings) CreateSession(string model, string path, ModelConfig config)
    {
        string kind = InstanceKind(config);
        SessionSettings settings = device is null ? Settings(path, config, kind) : new SessionSettings { Path = path, Provider = EmulatedDevice.Provider, Emulated = device.Profile.Of(model) };
        if (settings.Provider != ExecutionProviderChoice.Cuda || ExecutionProviderChoice.IsCudaDemanded(options.ExecutionProvider.Provider, kind))
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

    /// <summary>An emulated device takes its time for loading too.</summary>
    private void WaitUntil(TimeSpan end)
    {
        using ManualResetEventSlim never = new();
        if (end - clock.Now is { Ticks: > 0 } left) never.Wait(left);
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
            string cuda = settings.Provider == ExecutionProviderChoice.Cuda ? $"; {CudaLibraries.Problem()}" : "";
            throw new ModelLoadException($"ONNX Runtime cannot load '{path}': {exception.Message}{cuda}", exception);
        }
    }

    /// <summary>A session takes about twice its file, and a few MiB of its own (measured: 96 MB of weights, 150–200 MB a session).</summary>
    private static long SessionBytes(long fileBytes) => (2 * fileBytes) + (4 << 20);

    private SessionSettings Settings(string path, ModelConfig config, string kind)
    {
        Dictionary<string, string> cuda = new(options.ExecutionProvider.Cuda);
        if (config.InstanceGroup.Count > 0 && config.InstanceGroup[0].Gpus.Count > 0) cuda["device_id"] = config.InstanceGroup[0].Gpus[0].ToString(CultureInfo.InvariantCulture);
        return new SessionSettings
        {
            Path = path,
            Threads = (int)ReplicaSettings.Parameter(config, "intra_op_thread_count", 1, 1, 1024),
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

    private static void WarmUp(ModelSource source, ModelSignature signature, ModelProbe probe)
    {
        foreach ((QueuedRequest request, int count) in ConfiguredWarmup.Requests(source.Config, signature, source.Folder.Path)) probe.Run(signature, request, count);
    }

    private (ModelReplica Replica, string ConfigJson) Assemble(ModelSource source, long version, ModelSession session, ModelSignature signature, ModelProbe probe)
    {
        (string name, ModelConfig config) = (source.Folder.Name, source.Config);
        int instances = ReplicaSettings.Instances(config, device?.Profile.Lanes ?? scheduler.ThreadCount, session.Settings.Threads);
        if (session.Settings.Provider != ExecutionProviderChoice.Cpu) scheduler.EnsureThreads(scheduler.ThreadCount + instances);
        SequencePolicy? sequences = SequencePolicyReader.Read(config, signature, instances, source.Folder.Path);
        BatchLimits limits = ReplicaSettings.Limits(config, signature, instances, options);
        QueuePolicy queue = ReplicaSettings.Queue(config, probe.FirstRowSeconds);
        ModelReplica replica = new(name, version.ToString(CultureInfo.InvariantCulture), signature, session, limits, queue, probe.Cost, scheduler, clock, log)
        {
            Parameters = config.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.StringValue),
            Sequences = sequences,
            OriginalFile = Path.GetFileName(session.Settings.Path),
            Variants = device is null ? Allowed(config, ModelVariants.Read(source.Folder.VersionPath(version))) : [],
        };
        return (replica, ModelConfigJson.Write(ConfigCompletion.Complete(config, name, signature, sequences, session.Settings.Provider, instances)));
    }

    /// <summary>Those that lose no more than the configuration's <c>max_accuracy_loss</c>, which is nothing by default.</summary>
    private static ModelVariant[] Allowed(ModelConfig config, IReadOnlyList<ModelVariant> variants)
    {
        double most = ReplicaSettings.Parameter(config, "max_accuracy_loss", 0, 0, 1);
        return [.. variants.Where(variant => variant.AccuracyLoss <= most)];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} was not warmed up, no made-up input suits it: {Reason}")]
    private partial void LogNotWarmed(string model, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} is served on the CPU, CUDA cannot load it: {Reason}")]
    private partial void LogFellBack(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {Model} has max_batch_size {Size} configured, but its rows influence each other: batching changes its answers. Set max_batch_size: 0.")]
    private partial void LogRowsInteract(string model, int size);
}
