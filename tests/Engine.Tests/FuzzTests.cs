using System.Text;
using CsCheck;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Onnx.Samples;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Engine.Tests;

/// <summary>
/// Files that nobody should put into a repository: each is loaded or refused with its reason, none ends the process,
/// and no memory stays reserved. 10 s each; with ORLEANS_INFERENCE_FULL ten times as long.
/// </summary>
public sealed class FuzzTests
{
    private const string Config = """
        name: "m"
        max_batch_size: 8
        input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
        output [ { name: "y" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" } ]
        instance_group [ { count: 2 kind: KIND_CPU } ]
        dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 priority_levels: 2 default_priority_level: 1 default_queue_policy { timeout_action: REJECT max_queue_size: 7 } }
        parameters { key: "slo_p99_ms" value { string_value: "20" } }
        model_warmup { name: "sample" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: 4 zero_data: true } } }
        version_policy { specific { versions: [ 1 ] } }
        """;

    private static readonly string[] s_words =
    [
        .. Config.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
        "{",
        "}",
        "[",
        "]",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Config_AnyText_IsReadOrRefusedByItsOneError() =>
        Gen.OneOf(
                Mutated(Encoding.UTF8.GetBytes(Config)),
                Gen.Byte.Array[0, 400],
                Gen.Int[0, s_words.Length - 1]
                    .Array[0, 60]
                    .Select(words => Encoding.UTF8.GetBytes(string.Join(' ', words.Select(word => s_words[word]))))
            )
            .Sample(
                text =>
                {
                    try
                    {
                        ModelConfigReader.Parse(text, "config.pbtxt");
                    }
                    catch (ModelConfigException exception)
                    {
                        Assert.StartsWith("config.pbtxt", exception.Message, StringComparison.Ordinal);
                    }
                },
                time: Fuzzing.Seconds,
                threads: 2
            );

    [Fact]
    public async Task Load_AnyModelFile_IsServedOrRefusedAndReservesNothing()
    {
        byte[][] valid = [FixtureModels.Mlp(4, 8, 2), FixtureModels.Scale(3, 2f)];
        await using TestEngine test = await TestEngine.StartAsync();
        Gen<byte[]> files = Gen.OneOf(Mutated(valid[0]), Mutated(valid[1]), Gen.Byte.Array[0, 300]);
        int served = 0;
        int refused = 0;

        // One at a time: a model has one folder.
        await files.SampleAsync(
            async file =>
            {
                test.Write("m", file);
                if (await test.Engine.LoadAsync("m", Token))
                {
                    served++;
                    Assert.True(await test.Engine.UnloadAsync("m", Token));
                }
                else
                {
                    refused++;
                    Assert.NotEmpty(test.Engine.Index.Single().Reason);
                    await test.Engine.UnloadAsync("m", Token);
                }

                Assert.Equal(0, test.Engine.Memory.Reserved);
            },
            time: Fuzzing.Seconds,
            threads: 1
        );

        Assert.True(served > 0 && refused > 0, $"{served} served, {refused} refused");
    }

    [Fact]
    public async Task Load_AnyConfiguration_IsServedOrRefusedAndReservesNothing()
    {
        await using TestEngine test = await TestEngine.StartAsync();
        byte[] model = FixtureModels.Mlp(4, 8, 2);

        await Mutated(Encoding.UTF8.GetBytes(Config))
            .SampleAsync(
                async text =>
                {
                    test.Write("m", model);
                    File.WriteAllBytes(Path.Combine(test.Folder, "m", "config.pbtxt"), text);
                    bool served = await test.Engine.LoadAsync("m", Token);
                    if (!served)
                    {
                        Assert.NotEmpty(test.Engine.Index.Single().Reason);
                    }
                    await test.Engine.UnloadAsync("m", Token);
                    Assert.Equal(0, test.Engine.Memory.Reserved);
                },
                time: Fuzzing.Seconds,
                threads: 1
            );
    }

    /// <summary>Something valid with bytes changed, cut out or put in.</summary>
    private static Gen<byte[]> Mutated(byte[] valid) =>
        Gen.Select(
            Gen.Int[0, valid.Length - 1],
            Gen.Int[0, 12],
            Gen.Byte.Array[0, 12],
            (at, cut, put) => Fuzzing.Changed(valid, at, cut, put)
        );
}
