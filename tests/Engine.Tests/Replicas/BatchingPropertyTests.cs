using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using static OrleansInference.Onnx.Messages.TensorProto.Types;

namespace OrleansInference.Engine.Tests.Replicas;

/// <summary>
/// Whatever the interleaving of sizes, priorities and cancellations: each caller gets exactly its own rows.
/// </summary>
public sealed class BatchingPropertyTests
{
    private const int Inputs = 6;

    public static TheoryData<string, string?> Models =>
        new()
        {
            { "mlp", null },
            { "mlp", "max_batch_size: 8\ndynamic_batching { }" },
            {
                "mlp",
                "max_batch_size: 8\ndynamic_batching { preferred_batch_size: [ 4, 8 ] "
                    + "max_queue_delay_microseconds: 2000 }"
            },
            { "mlp", "max_batch_size: 3\ninstance_group { count: 1 }" },
            { "free", null },
            { "free", "max_batch_size: 4\ndynamic_batching { max_queue_delay_microseconds: 1000 }" },
            { "strings", "max_batch_size: 4\ndynamic_batching { }" },
            { "strings", null },
            { "optional", "max_batch_size: 8\ndynamic_batching { }" },
            { "interact", null },
        };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task InferAsync_AnyInterleaving_GivesEachCallerItsOwnRows(string model, string? config)
    {
        await using TestEngine test = await TestEngine.StartAsync((model, Model(model), config));
        for (int seed = 0; seed < 6; seed++)
        {
            Random random = new(seed);
            Task<bool>[] calls = [.. Enumerable.Range(0, 60).Select(_ => CallAsync(test, model, random.Next()))];
            bool[] answered = await Task.WhenAll(calls);
            Assert.Contains(true, answered);
        }

        Assert.Equal(0, test.Replica(model).QueuedRequests);
    }

    private static byte[] Model(string name) =>
        name switch
        {
            "mlp" => FixtureModels.Mlp(Inputs, 16, 5, seed: 2),
            "free" => FixtureModels.TwoDynamicDimensions(),
            "strings" => FixtureModels.Identity(DataType.String, Inputs),
            "optional" => FixtureModels.OptionalInput(Inputs),
            "interact" => FixtureModels.RowsInteract(Inputs),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };

    /// <summary>
    /// One caller: its rows must equal the same rows run alone; true when it was answered, false when it cancelled.
    /// </summary>
    private static async Task<bool> CallAsync(TestEngine test, string model, int seed)
    {
        Random random = new(seed);
        int rows = random.Next(10) == 0 ? random.Next(10, 40) : random.Next(1, 6);
        int width = model == "free" ? random.Next(1, 4) : Inputs;
        bool cancel = random.Next(5) == 0;
        using CancellationTokenSource source = new();
        Tensor input = Input(model, random, rows, width);
        byte[] contents = input.Data.ToArray();
        await Task.Yield();
        ValueTask<InferenceAnswer> call = test.Replica(model)
            .InferAsync(
                new InferenceCall
                {
                    ModelName = model,
                    Inputs = [input],
                    Priority = (uint)random.Next(3),
                },
                source.Token
            );
        if (cancel)
        {
            await source.CancelAsync();
        }
        using InferenceAnswer response = await call;
        if (response.Error == InferenceError.Cancelled)
        {
            Assert.True(cancel);
            return false;
        }

        using InferenceAnswer alone = await test.InferAsync(
            new InferenceCall
            {
                ModelName = model,
                Inputs = [new Tensor(input.Name, input.Datatype, [rows, width], contents)],
            }
        );
        Tensor actual = response.EnsureSuccess().Output("y");
        Tensor expected = alone.EnsureSuccess().Output("y");
        Assert.Equal(expected.Shape.ToArray(), actual.Shape.ToArray());
        Assert.Equal(rows, actual.Shape[0]);
        if (model == "strings")
        {
            Assert.Equal(expected.Data.ToArray(), actual.Data.ToArray());
            return true;
        }

        float[] x = TestEngine.Floats(actual);
        float[] y = TestEngine.Floats(expected);
        for (int i = 0; i < y.Length; i++)
        {
            Assert.Equal(y[i], x[i], 1e-5f);
        }
        return true;
    }

    private static Tensor Input(string model, Random random, int rows, int width)
    {
        if (model != "strings")
        {
            return TestEngine.Floats(
                "x",
                [.. Enumerable.Range(0, rows * width).Select(_ => random.NextSingle())],
                rows,
                width
            );
        }
        byte[][] elements = [.. Enumerable.Range(0, rows * width).Select(_ => new byte[random.Next(9)])];
        foreach (byte[] element in elements)
        {
            random.NextBytes(element);
        }
        byte[] contents = new byte[elements.Sum(element => element.Length + BytesElements.PrefixSize)];
        int offset = 0;
        foreach (byte[] element in elements)
        {
            offset += BytesElements.Write(contents.AsSpan(offset), element);
        }
        return new Tensor("x", TensorDatatype.Bytes, [rows, width], contents);
    }
}
