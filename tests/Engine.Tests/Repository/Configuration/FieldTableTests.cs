using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

/// <summary>What is accepted has an effect; what has none is refused or warned of by name.</summary>
public sealed class FieldTableTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Refused => [.. PathsOf(FieldEffect.Refused)];

    public static TheoryData<string> Warned => [.. PathsOf(FieldEffect.Warned)];

    /// <summary>Those that a model of its own can have: no step of an ensemble, no state.</summary>
    public static TheoryData<string> WarnedOfAnyModel =>
        [
            .. PathsOf(FieldEffect.Warned)
                .Where(path => path.Split('.')[0] is not ("sequence_batching" or "ensemble_scheduling")),
        ];

    [Fact]
    public void Fields_EveryFieldOfTheSchema_IsListed() =>
        Assert.DoesNotContain(FieldSamples.Paths(), path => !FieldTable.Fields.ContainsKey(path));

    [Fact]
    public void Fields_EveryEntry_IsAFieldOfTheSchema() =>
        Assert.Empty(FieldTable.Fields.Keys.Except(FieldSamples.Paths()));

    [Fact]
    public void Fields_RefusedOrWarned_SayWhy() =>
        Assert.DoesNotContain(
            FieldTable.Fields.Concat(FieldTable.Parameters),
            field => field.Value.Effect != FieldEffect.Done && field.Value.Reason.Length < 10
        );

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task LoadAsync_RefusedField_IsNotServedAndNamesIt(string path)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2), null));
        await test.Engine.UnloadAsync("m", Token);

        LoadResult result = await LoadAsync(test, FieldSamples.With(path));

        Assert.False(result.IsReady);
        Assert.Contains($"{path} is not served here: ", result.Reason, StringComparison.Ordinal);
        Assert.Empty(test.Engine.Models);
    }

    [Theory]
    [MemberData(nameof(WarnedOfAnyModel))]
    public async Task LoadAsync_WarnedField_IsServedAndTheIndexNamesIt(string path)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2), null));
        ModelConfig config = FieldSamples.With(path);
        config.MaxBatchSize = 8;

        LoadResult result = await LoadAsync(test, config);

        Assert.True(result.IsReady, result.Reason);
        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Equal(ModelState.Ready, line.State);
        Assert.Contains($"{path} has no effect here: ", line.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Warned))]
    public void Warnings_WarnedField_NameIt(string path) =>
        Assert.Contains($"{path} has no effect here: ", Assert.Single(FieldCheck.Warnings(FieldSamples.With(path))));

    [Theory]
    [InlineData("response_cache { enable: false } model_transaction_policy { decoupled: false }")]
    [InlineData("input { name: \"x\" allow_ragged_batch: false } optimization { cuda { graphs: false } }")]
    [InlineData("dynamic_batching { preserve_ordering: false } instance_group { rate_limiter { } }")]
    public void Check_FieldsThatSayNothing_AreAccepted(string text)
    {
        ModelConfig config = ModelConfigReader.Parse(System.Text.Encoding.UTF8.GetBytes(text), "config.pbtxt");

        FieldCheck.RequireServed(config);
        Assert.Empty(FieldCheck.Warnings(config));
    }

    [Fact]
    public void RequireServed_SeveralFields_NamesAllOfThem()
    {
        ModelConfig config = FieldSamples.With("model_operations.op_library_filename");
        config.MergeFrom(FieldSamples.With("model_transaction_policy.decoupled"));

        ModelLoadException refused = Assert.Throws<ModelLoadException>(() => FieldCheck.RequireServed(config));

        Assert.Contains("op_library_filename", refused.Message, StringComparison.Ordinal);
        Assert.Contains("model_transaction_policy.decoupled", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("intra_op_threads_count", "did you mean 'intra_op_thread_count'?")]
    [InlineData("gpu_mem_limit", "Engine:ExecutionProvider:Cuda")]
    [InlineData("mine", "there is none of that name")]
    public void Warnings_ParameterWithoutEffect_NamesIt(string key, string expected)
    {
        ModelConfig config = new() { Parameters = { [key] = new ModelParameter { StringValue = "1" } } };

        string warning = Assert.Single(FieldCheck.Warnings(config));

        Assert.StartsWith($"parameter '{key}' has no effect here: ", warning, StringComparison.Ordinal);
        Assert.Contains(expected, warning, StringComparison.Ordinal);
    }

    private static IEnumerable<string> PathsOf(FieldEffect effect) =>
        FieldTable.Fields.Where(field => field.Value.Effect == effect).Select(field => field.Key).Order();

    private static Task<LoadResult> LoadAsync(TestEngine test, ModelConfig config) =>
        test.Engine.LoadAsync("m", new ModelOverride(ModelConfigJson.Write(config), []), Token);
}
