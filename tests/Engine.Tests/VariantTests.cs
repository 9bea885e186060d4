using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests;

/// <summary>Variants of a model: offered within the allowed accuracy, switched while it serves.</summary>
public sealed class VariantTests
{
    private const string Allowing = "parameters { key: \"max_accuracy_loss\" value { string_value: \"0.01\" } }";

    private static readonly ModelVariant[] Both = [new("near", "near.onnx", 0.005), new("far", "far.onnx", 0.2)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "")]
    [InlineData(Allowing, "near")]
    public async Task Variants_AreThoseWithinTheAllowedLoss(string? config, string expected)
    {
        await using TestEngine test = await StartAsync(config);

        Assert.Equal(expected, string.Join(",", test.Replica("m").Variants.Select(variant => variant.Name)));
        Assert.Equal(ModelVariants.Original, test.Replica("m").Variant);
    }

    [Fact]
    public async Task SetKnobsAsync_AnotherVariant_ServesInItsPlaceAndBack()
    {
        await using TestEngine test = await StartAsync(Allowing);
        float original = await RunAsync(test);

        await test.Engine.Tuner.SetKnobsAsync(test.Replica("m"), ReplicaKnobs.Unset with { Variant = "near" }, Token);
        float near = await RunAsync(test);
        Assert.Equal("near", test.Replica("m").Knobs.Variant);
        await test.Engine.Tuner.SetKnobsAsync(test.Replica("m"), ReplicaKnobs.Unset, Token);

        Assert.NotEqual(original, near);
        Assert.Equal(original, await RunAsync(test));
    }

    [Fact]
    public async Task SetKnobsAsync_AVariantThatMayNotBeUsed_IsRefusedAndServesOn()
    {
        await using TestEngine test = await StartAsync(Allowing);

        ModelLoadException refused = await Assert.ThrowsAsync<ModelLoadException>(() =>
            test.Engine.Tuner.SetKnobsAsync(test.Replica("m"), ReplicaKnobs.Unset with { Variant = "far" }, Token)
        );

        Assert.Contains("original, near", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ModelVariants.Original, test.Replica("m").Variant);
        await RunAsync(test);
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("""{"variants":[{"name":"near","file":"gone.onnx","accuracy_loss":0}]}""", "gone.onnx")]
    [InlineData("""{"variants":[{"name":"near","file":"../near.onnx","accuracy_loss":0}]}""", "../near.onnx")]
    [InlineData("""{"variants":[{"name":"original","file":"near.onnx","accuracy_loss":0}]}""", "original")]
    [InlineData("""{"variants":[{"name":"near","file":"near.onnx","accuracy_loss":-1}]}""", "-1")]
    public async Task Load_ABrokenList_SaysWhatIsWrong(string json, string expected)
    {
        await using TestEngine test = await StartAsync(Allowing, json);

        using InferenceAnswer refused = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", [1, 2, 3, 4], 1, 4))
        );

        Assert.Contains(expected, refused.ErrorMessage, StringComparison.Ordinal);
    }

    private static async Task<TestEngine> StartAsync(string? config, string? json = null)
    {
        TestEngine test = new();
        test.Write("m", FixtureModels.Mlp(4, 8, 1, seed: 1), config);
        string folder = Path.Combine(test.Folder, "m", "1");
        await File.WriteAllBytesAsync(Path.Combine(folder, "near.onnx"), FixtureModels.Mlp(4, 8, 1, seed: 2));
        await File.WriteAllBytesAsync(Path.Combine(folder, "far.onnx"), FixtureModels.Mlp(4, 8, 1, seed: 3));
        if (json is null)
        {
            ModelVariants.Write(folder, Both);
        }
        else
        {
            await File.WriteAllTextAsync(Path.Combine(folder, ModelVariants.FileName), json);
        }
        await test.Engine.StartAsync(Token);
        return test;
    }

    private static async Task<float> RunAsync(TestEngine test)
    {
        using InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", [1, 2, 3, 4], 1, 4))
        );
        return TestEngine.Floats(response.EnsureSuccess().Outputs[0])[0];
    }
}
