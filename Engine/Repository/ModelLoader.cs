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
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Turns a version folder into a warm replica: checks the file, reserves memory, builds the session, probes it.
/// </summary>
internal sealed partial class ModelLoader(
    EngineOptions options,
    EmulatedDevice? device,
    MemoryBudget budget,
    EngineScheduler scheduler,
    EngineClock clock,
    RequestLog log,
    ILogger logger
)
{
    /// <summary>Bytes of memory that a version will be counted with.</summary>
    /// <exception cref="ModelLoadException">Its file is missing or broken.</exception>
    public long MemoryBytes(ModelSource source, long version)
    {
        long bytes = SessionBytes(OnnxFile.Read(OnnxFile.Find(source.Folder, version, source.Config)).Bytes);
        return device is null ? bytes : device.Profile.Of(source.Folder.Name).MemoryBytes;
    }

    /// <summary>Loads and warms one version.</summary>
    /// <exception cref="ModelLoadException">It cannot be served; the message says why.</exception>
    public (ModelReplica Replica, string ConfigJson) Load(ModelSource source, long version)
    {
        ModelFolder folder = source.Folder;
        ModelConfig config = source.Config;
        TimeSpan begin = clock.Now;
        (InferenceSession onnx, SessionSettings settings) = CreateSession(
            folder.Name,
            OnnxFile.Find(folder, version, config),
            config
        );
        try
        {
            ModelSignature signature = SignatureReader.Read(
                folder.Name,
                onnx,
                config,
                options.DefaultMaxBatchSize,
                OnnxFile.Unranked(settings.Path, onnx),
                folder.Config.IsStrict
            );
            BatchingChoice batching = BatchingChoice.Make(settings.Path, config, signature);
            ModelSession session = new(onnx, settings, signature) { Device = device };
            using ModelProbe probe = new(session, clock, batching.Rounds);
            batching = Probe(folder.Name, batching, probe);
            WarmUp(source, batching.Signature, probe);
            if (settings.Emulated is { } profile)
            {
                WaitUntil(begin + profile.LoadTime);
            }
            return Assemble(source, version, session, batching, probe);
        }
        catch
        {
            onnx.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Builds and warms a session with another number of intra-op threads or of another variant beside the old one. It
    /// takes the old one's place, and this waits until that is gone. The memory of both is reserved meanwhile.
    /// </summary>
    public async Task SetSessionAsync(ModelReplica replica, int threads, string variant)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        SessionSettings old = replica.Session.Settings;
        string folder = Path.GetDirectoryName(old.Path)!;
        string path =
            variant == old.Variant ? old.Path
            : variant == ModelVariants.Original ? Path.Combine(folder, replica.OriginalFile)
            : replica.Variants.FirstOrDefault(other => other.Name == variant) is { } chosen
                ? Path.Combine(folder, chosen.File)
            : throw new ModelLoadException(
                $"model '{replica.Name}' has no variant '{variant}'; it has: "
                    + $"{string.Join(", ", replica.Variants.Select(other => other.Name).Prepend(ModelVariants.Original))}"
            );
        SessionSettings settings = old with { Threads = threads, Path = path, Variant = variant };
        long bytes = SessionBytes(OnnxFile.Read(settings.Path).Bytes);
        string user = $"{replica.Name} version {replica.Version} (second session)";
        using MemoryReservation memory =
            budget.TryReserve(user, bytes, out string reason) ?? throw new ModelLoadException(reason);
        ModelSession session = await Task
            .Factory.StartNew(
                () =>
                {
                    ModelSession built = new(CreateSession(settings, settings.Path), settings, replica.Signature)
                    {
                        Device = device,
                    };
                    // Variants round to few levels.
                    using ModelProbe probe = new(built, clock, rounds: true);
                    probe.Run(replica.Signature);
                    if (probe.Difference is { } difference && !replica.IsBatchingConfigured)
                    {
                        built.Release();
                        throw new ModelLoadException(
                            $"variant '{variant}' is not used: made-up rows influenced each other ({difference})"
                        );
                    }

                    return built;
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            )
            .ConfigureAwait(false);
        await replica.SwapAsync(session, Math.Max(1, scheduler.ThreadCount / threads)).ConfigureAwait(false);
    }

    /// <summary>Gives a serving model as many instances as a configuration says.</summary>
    /// <returns>The completed configuration, as JSON.</returns>
    public string Resize(ModelReplica replica, ModelSource source)
    {
        SessionSettings settings = replica.Session.Settings;
        int instances = Instances(source.Config, settings);
        int before = replica.ConfiguredInstances;
        EnsureThreads(settings, Math.Max(0, instances - before));
        replica.Resize(instances);
        LogResized(replica.Name, replica.Version, before, instances);
        return Complete(source.Config, replica, instances);
    }

    private int Instances(ModelConfig config, SessionSettings settings) =>
        ReplicaSettings.Instances(config, device?.Profile.Lanes ?? scheduler.ThreadCount, settings.Threads);

    /// <summary>A thread that waits for a device runs nothing else: the CPU's models keep those that they have.</summary>
    private void EnsureThreads(SessionSettings settings, int more)
    {
        if (settings.Provider != ExecutionProviderChoice.Cpu)
        {
            scheduler.EnsureThreads(scheduler.ThreadCount + more);
        }
    }

    private static string Complete(ModelConfig config, ModelReplica replica, int instances) =>
        ModelConfigJson.Write(
            ConfigCompletion.Complete(
                config,
                replica.Name,
                replica.Signature,
                replica.Sequences,
                replica.Session.Settings.Provider,
                instances
            )
        );

    /// <summary>Where CUDA is only preferred and no device answers, the CPU serves.</summary>
    private (InferenceSession Onnx, SessionSettings Settings) CreateSession(
        string model,
        string path,
        ModelConfig config
    )
    {
        string kind = InstanceKind(config);
        SessionSettings settings = device is null
            ? Settings(path, config, kind)
            : new SessionSettings
            {
                Path = path,
                Provider = EmulatedDevice.Provider,
                Emulated = device.Profile.Of(model),
            };
        if (
            settings.Provider != ExecutionProviderChoice.Cuda
            || ExecutionProviderChoice.IsCudaDemanded(options.ExecutionProvider.Provider, kind)
        )
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
            LogFellBack(path, exception);
            return (onnx, settings);
        }
    }

    /// <summary>An emulated device takes its time for loading too.</summary>
    private void WaitUntil(TimeSpan end)
    {
        using ManualResetEventSlim never = new();
        if (end - clock.Now is { Ticks: > 0 } left)
        {
            never.Wait(left);
        }
    }

    private static string InstanceKind(ModelConfig config) =>
        config.InstanceGroup.Count == 0
            ? "KIND_AUTO"
            : config.InstanceGroup[0].Kind switch
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
        catch (Exception exception)
            when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            string cuda = settings.Provider == ExecutionProviderChoice.Cuda ? $"; {CudaLibraries.Problem()}" : "";
            throw new ModelLoadException($"ONNX Runtime cannot load '{path}': {exception.Message}{cuda}", exception);
        }
    }

    /// <summary>
    /// A session takes about twice its file, and a few MiB of its own (measured: 96 MB of weights, 150–200 MB a
    /// session).
    /// </summary>
    private static long SessionBytes(long fileBytes) => (2 * fileBytes) + (4 << 20);

    private SessionSettings Settings(string path, ModelConfig config, string kind)
    {
        Dictionary<string, string> cuda = new(options.ExecutionProvider.Cuda);
        if (config.InstanceGroup.Count > 0 && config.InstanceGroup[0].Gpus.Count > 0)
        {
            cuda["device_id"] = config.InstanceGroup[0].Gpus[0].ToString(CultureInfo.InvariantCulture);
        }
        return new SessionSettings
        {
            Path = path,
            Threads = RuntimeSettings.IntraOpThreads(config),
            Runtime = RuntimeSettings.Read(config),
            Provider = ExecutionProviderChoice.Choose(
                options.ExecutionProvider.Provider,
                kind,
                OnnxRuntimeEnvironment.AvailableProviders
            ),
            CudaOptions = cuda,
        };
    }

    private BatchingChoice Probe(string name, BatchingChoice batching, ModelProbe probe)
    {
        probe.Run(batching.Signature);
        if (probe.Failure.Length > 0)
        {
            LogNotWarmed(name, probe.Failure);
        }
        BatchingChoice choice = batching.After(probe.Difference);
        if (choice.Notice.Length == 0)
        {
            return choice;
        }
        if (choice.IsConfigured)
        {
            LogRowsMeet(name, choice.Notice);
        }
        else
        {
            LogNotBatched(name, choice.Notice);
        }
        return choice;
    }

    private void WarmUp(ModelSource source, ModelSignature signature, ModelProbe probe)
    {
        foreach (WarmupSample sample in ConfiguredWarmup.Samples(source.Config, signature, source.Folder.Path))
        {
            for (int iteration = 1; iteration <= sample.Count; iteration++)
            {
                LogWarmup(source.Folder.Name, sample.Name, iteration);
                try
                {
                    probe.Run(signature, sample);
                }
                catch (OnnxRuntimeException exception)
                {
                    throw new ModelLoadException(
                        $"failed to run warmup sample '{sample.Name}': {exception.Message}",
                        exception
                    );
                }
            }
        }
    }

    private (ModelReplica Replica, string ConfigJson) Assemble(
        ModelSource source,
        long version,
        ModelSession session,
        BatchingChoice batching,
        ModelProbe probe
    )
    {
        string name = source.Folder.Name;
        ModelConfig config = source.Config;
        ModelSignature signature = batching.Signature;
        int instances = Instances(config, session.Settings);
        EnsureThreads(session.Settings, instances);
        SequencePolicy? sequences = SequencePolicyReader.Read(config, signature, instances, source.Folder.Path);
        BatchLimits limits = ReplicaSettings.Limits(config, signature, instances, options);
        QueuePolicy queue = ReplicaSettings.Queue(config, probe.FirstRowSeconds);
        string number = version.ToString(CultureInfo.InvariantCulture);
        ReplicaQueueing queueing = new(limits, queue, probe.Cost);
        ModelReplica replica = new(name, number, batching, session, queueing, scheduler, clock, log)
        {
            Parameters = config.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.StringValue),
            Sequences = sequences,
            OriginalFile = Path.GetFileName(session.Settings.Path),
            Variants = device is null ? Allowed(config, Path.GetDirectoryName(session.Settings.Path)!, batching) : [],
        };
        replica.RowsMet += reason => LogRowsMeet(name, reason);
        return (replica, Complete(config, replica, instances));
    }

    /// <summary>
    /// The variants that lose no more than the configuration's <c>max_accuracy_loss</c>, which is nothing by default,
    /// and whose rows are as independent as the original's where its requests share runs.
    /// </summary>
    private ModelVariant[] Allowed(ModelConfig config, string folder, BatchingChoice batching)
    {
        double most = ReplicaSettings.Parameter(config, "max_accuracy_loss", 0, 0, 1);
        List<ModelVariant> allowed = [];
        foreach (ModelVariant variant in ModelVariants.Read(folder).Where(variant => variant.AccuracyLoss <= most))
        {
            if (batching.Allows(Path.Combine(folder, variant.File)))
            {
                allowed.Add(variant);
            }
            else
            {
                LogVariantNotBatched(folder, variant.Name);
            }
        }

        return [.. allowed];
    }

    [LoggerMessage(
        EventId = 1010,
        Level = LogLevel.Information,
        Message = "Model {Model} was not warmed up, no made-up input suits it: {Reason}"
    )]
    private partial void LogNotWarmed(string model, string reason);

    [LoggerMessage(
        EventId = 1011,
        Level = LogLevel.Warning,
        Message = "{Path} is served on the CPU, CUDA cannot load it"
    )]
    private partial void LogFellBack(string path, Exception exception);

    [LoggerMessage(EventId = 1012, Level = LogLevel.Information, Message = "Model {Model}: {Notice}")]
    private partial void LogNotBatched(string model, string notice);

    [LoggerMessage(EventId = 1013, Level = LogLevel.Warning, Message = "Model {Model}: {Notice}")]
    private partial void LogRowsMeet(string model, string notice);

    [LoggerMessage(
        EventId = 1014,
        Level = LogLevel.Warning,
        Message = "Variant {Variant} in {Folder} is not used: its rows are not proven independent, and the "
            + "model batches. Make it again with oinf optimize."
    )]
    private partial void LogVariantNotBatched(string folder, string variant);

    [LoggerMessage(
        EventId = 1018,
        Level = LogLevel.Information,
        Message = "Model {Model} version {Version} goes on with {After} instances in place of {Before}"
    )]
    private partial void LogResized(string model, string version, int before, int after);

    [LoggerMessage(
        EventId = 1016,
        Level = LogLevel.Debug,
        Message = "Model {Model} is running warmup sample '{Sample}' for iteration {Iteration}"
    )]
    private partial void LogWarmup(string model, string sample, int iteration);
}
