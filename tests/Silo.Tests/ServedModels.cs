using OrleansInference.Onnx.Samples;

[assembly: AssemblyFixture(typeof(OrleansInference.Silo.Tests.ServedModels))]

namespace OrleansInference.Silo.Tests;

/// <summary>
/// One silo for all tests of this project, with small models and, where the optional data is there, SqueezeNet.
/// </summary>
public sealed class ServedModels : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("repository").FullName;

    public SiloProcess Silo { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Write("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), "max_batch_size: 8\ndynamic_batching { }");
        Write(
            "waits",
            FixtureModels.Mlp(4, 8, 2, seed: 1),
            "max_batch_size: 2\ndynamic_batching { max_queue_delay_microseconds: 3600000000 "
                + "}\ninstance_group { count: 1 }"
        );
        Write(
            "holds",
            FixtureModels.Mlp(4, 8, 2, seed: 1),
            "max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 3600000000 "
                + "}\ninstance_group { count: 1 }"
        );
        Write("acc", FixtureModels.Accumulator(), FixtureModels.AccumulatorConfig());
        Write(
            "pairs-oldest",
            FixtureModels.Accumulator(),
            Pairs("oldest { max_candidate_sequences: 64 max_queue_delay_microseconds: 3600000000 }")
        );
        Write(
            "pairs-direct",
            FixtureModels.Accumulator(),
            Pairs("direct { max_queue_delay_microseconds: 3600000000 minimum_slot_utilization: 1 }")
        );
        Write("plain", FixtureModels.NoBatch(3), null);
        Write("strings", FixtureModels.Identity(Onnx.Messages.TensorProto.Types.DataType.String, 2), null);
        Write("corrupt", [1, 2, 3], null);
        Write("badconfig", FixtureModels.NoBatch(3), "max_batch_size: 4\n  nonsense: 1\n");
        string squeezenet = Path.GetFullPath(
            Path.Combine(
                OrleansInference.Tests.Shared.RepositoryRoot.Path,
                "..",
                "shared",
                "data",
                "models",
                "vision",
                "squeezenet.onnx"
            )
        );
        if (File.Exists(squeezenet))
        {
            Write(
                "squeezenet",
                await File.ReadAllBytesAsync(squeezenet),
                """
                parameters { key: "image_channels" value: { string_value: "BGR" } }
                parameters { key: "image_mean" value: { string_value: "104, 117, 123" } }
                parameters { key: "image_resize" value: { string_value: "256" } }
                parameters { key: "image_crop" value: { string_value: "224" } }
                """
            );
        }

        Silo = await SiloProcess.StartAsync(_folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs two requests together at once, and holds one alone.</summary>
    private static string Pairs(string strategy) =>
        FixtureModels.AccumulatorConfig(idleMicroseconds: 120_000_000, rows: 2, strategy: strategy)
        + "\ninstance_group { count: 8 }";

    private void Write(string name, byte[] model, string? config)
    {
        string version = Directory.CreateDirectory(Path.Combine(_folder, name, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(_folder, name, "config.pbtxt"), config);
        }
    }
}
