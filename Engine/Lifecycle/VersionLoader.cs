using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>Makes a version of either kind ready, once there is memory for it.</summary>
/// <param name="loader">Builds ONNX models.</param>
/// <param name="evictor">Makes room.</param>
/// <param name="table">Where an ensemble finds its steps.</param>
/// <param name="slots">How many may be loading at once.</param>
/// <param name="clock">Time.</param>
/// <param name="log">Where requests are remembered.</param>
internal sealed class VersionLoader(
    ModelLoader loader,
    Evictor evictor,
    ModelTable table,
    SemaphoreSlim slots,
    EngineClock clock,
    RequestLog log
)
{
    private const int MostAttempts = 3;

    private long _loads;

    /// <summary>ONNX model versions loaded since the start.</summary>
    public long Loads => Interlocked.Read(ref _loads);

    /// <summary>Whether an exception says that the model, and not the server, is broken.</summary>
    public static bool IsBrokenModel(Exception exception) =>
        exception
            is ModelLoadException
                or ModelConfigException
                or IOException
                or UnauthorizedAccessException
                or OutOfMemoryException
                or OnnxRuntimeException;

    /// <summary>Loads one version.</summary>
    /// <exception cref="ModelLoadException">It cannot be served; the message says why.</exception>
    public async Task<LoadedVersion> LoadAsync(ModelSource source, long version, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            // Looked at before and after they are read: a new graph with old weights must never serve.
            VersionFingerprint fingerprint = source.Fingerprint(version);
            await RunAgentsAsync(source, cancellationToken).ConfigureAwait(false);
            if (source.IsEnsemble)
            {
                return Ensemble(source, version, fingerprint);
            }
            LoadedVersion loaded = await LoadOnceAsync(source, version, fingerprint, cancellationToken)
                .ConfigureAwait(false);
            if (source.Fingerprint(version) == fingerprint)
            {
                Interlocked.Increment(ref _loads);
                return loaded;
            }

            await loaded.DrainAsync().ConfigureAwait(false);
            if (attempt == MostAttempts)
            {
                throw new ModelLoadException($"its files changed while they were read, {MostAttempts} times over");
            }
        }
    }

    /// <summary>
    /// The same version with as many instances as another configuration says: nothing is loaded, and sequences go on.
    /// </summary>
    /// <param name="loaded">What serves.</param>
    /// <param name="source">What differs from what it was loaded from in the groups of instances alone.</param>
    public LoadedVersion Resize(LoadedVersion loaded, ModelSource source) =>
        new(
            loaded.Model,
            loaded.Number,
            loader.Resize((ModelReplica)loaded.Model, source),
            source,
            source.Fingerprint(loaded.Number),
            loaded.Memory
        );

    /// <summary>Sums of large files take seconds: on the thread pool they would delay requests.</summary>
    private static Task RunAgentsAsync(ModelSource source, CancellationToken cancellationToken) =>
        source.Config.ModelRepositoryAgents is null
            ? Task.CompletedTask
            : Task.Factory.StartNew(
                () => RepositoryAgents.Run(source.Folder, source.Config),
                cancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );

    private async Task<LoadedVersion> LoadOnceAsync(
        ModelSource source,
        long version,
        VersionFingerprint fingerprint,
        CancellationToken cancellationToken
    )
    {
        await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Behind the slot: a load that only waits must not evict anybody yet.
            long bytes = loader.MemoryBytes(source, version);
            MemoryReservation memory = await evictor
                .ReserveAsync(source.Folder.Name, version, bytes)
                .ConfigureAwait(false);
            try
            {
                // Seconds of work: on the thread pool it would delay requests and the probes of the cluster.
                (ModelReplica replica, string json) = await Task
                    .Factory.StartNew(
                        () => loader.Load(source, version),
                        cancellationToken,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                    .ConfigureAwait(false);
                replica.Use.Touch(clock.Now);
                return new LoadedVersion(replica, version, json, source, fingerprint, memory);
            }
            catch
            {
                memory.Dispose();
                throw;
            }
        }
        finally
        {
            slots.Release();
        }
    }

    private LoadedVersion Ensemble(ModelSource source, long version, VersionFingerprint fingerprint)
    {
        string name = source.Folder.Name;
        EnsemblePlan plan = EnsemblePlan.Read(
            name,
            source.Config,
            (model, number) =>
                table.TryGet(model, out ServedVersions? served) ? PublicSignature(served.Find(number)?.Model) : null
        );
        EnsembleModel ensemble = new(name, version.ToString(CultureInfo.InvariantCulture), plan, clock, log)
        {
            Parameters = source.Config.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.StringValue),
        };
        ensemble.Use.Touch(clock.Now);
        string json = ModelConfigJson.Write(ConfigCompletion.Ensemble(source.Config, name));
        return new LoadedVersion(ensemble, version, json, source, fingerprint, Memory: null);
    }

    /// <summary>What callers of a model see: a sequence's control and state tensors are the server's own.</summary>
    private static ModelSignature? PublicSignature(IServedModel? model) =>
        model is null ? null
        : model.Sequences is not { } sequences ? model.Signature
        : model.Signature with
        {
            Inputs = [.. model.Signature.Inputs.Where(input => !sequences.IsHiddenInput(input.Name))],
            Outputs = [.. model.Signature.Outputs.Where(output => !sequences.IsHiddenOutput(output.Name))],
        };
}
