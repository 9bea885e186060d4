using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Models;

public sealed class ModelRepositoryControlTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetIndex_NamesEveryModelOfTheRepository()
    {
        await using ServedCluster cluster = await StartAsync(ModelControlMode.Explicit);
        await cluster.Repository.LoadAsync("a", null, Token);

        Assert.Equal(
            [("a", "1", ModelState.Ready), ("b", "", ModelState.Unknown)],
            cluster.Repository.GetIndex(readyOnly: false).Select(line => (line.Name, line.Version, line.State))
        );
        Assert.Equal("a", Assert.Single(cluster.Repository.GetIndex(readyOnly: true)).Name);
    }

    [Fact]
    public async Task LoadAsync_ConfigOverride_ReplacesTheConfigurationUntilAnUnload()
    {
        await using ServedCluster cluster = await StartAsync(ModelControlMode.Explicit);

        await cluster.Repository.LoadAsync("a", new ModelOverride("""{"max_batch_size":"16"}""", []), Token);
        string overridden = cluster.Catalog.GetConfigJson("a", "");
        await cluster.Repository.LoadAsync("a", null, Token);
        string again = cluster.Catalog.GetConfigJson("a", "");
        await cluster.Repository.UnloadAsync("a", unloadDependents: false, Token);
        await cluster.Repository.LoadAsync("a", null, Token);

        Assert.Contains("\"max_batch_size\":16", overridden, StringComparison.Ordinal);
        Assert.Equal(overridden, again);
        Assert.Contains("\"max_batch_size\":4", cluster.Catalog.GetConfigJson("a", ""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_FileOverride_ServesTheGivenFiles()
    {
        await using ServedCluster cluster = await StartAsync(ModelControlMode.Explicit);

        await cluster.Repository.LoadAsync(
            "given",
            new ModelOverride("{}", new() { ["7/model.onnx"] = FixtureModels.Scale(1, 5) }),
            Token
        );

        Assert.Equal(["7"], cluster.Engine.ReadyVersions("given"));
        await cluster.Repository.UnloadAsync("given", unloadDependents: false, Token);
        Assert.Equal(
            ModelState.Unavailable,
            cluster.Repository.GetIndex(readyOnly: false).Single(line => line.Name == "given").State
        );
    }

    [Theory]
    [InlineData("{}", "../1/model.onnx")]
    [InlineData("{}", "1/../../evil")]
    [InlineData("{}", "model.onnx")]
    [InlineData("{}", "/etc/passwd")]
    [InlineData(null, "1/model.onnx")]
    [InlineData("""{"nonsense":1}""", null)]
    [InlineData("no json", null)]
    public async Task LoadAsync_WrongOverride_FailsToLoadAndServesOn(string? config, string? file)
    {
        await using ServedCluster cluster = await StartAsync(ModelControlMode.Explicit);
        await cluster.Repository.LoadAsync("a", null, Token);
        Dictionary<string, ReadOnlyMemory<byte>> files = file is null
            ? []
            : new() { [file] = FixtureModels.Scale(1, 5) };

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            cluster.Repository.LoadAsync("a", new ModelOverride(config, files), Token)
        );

        Assert.Equal(InferenceError.Internal, exception.Error);
        Assert.StartsWith(
            "failed to load 'a', failed to poll from model repository: ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.True(cluster.Catalog.IsModelReady("a", ""));
    }

    [Fact]
    public async Task LoadAsync_UnknownModel_FailsAndIsNotInTheIndex()
    {
        await using ServedCluster cluster = await StartAsync(ModelControlMode.Explicit);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            cluster.Repository.LoadAsync("wrong", null, Token)
        );

        Assert.Contains("failed to load 'wrong'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Repository.GetIndex(readyOnly: false), line => line.Name == "wrong");
        // What is not there is not served either: an unload of it succeeds, as in Triton.
        await cluster.Repository.UnloadAsync("wrong", unloadDependents: false, Token);
    }

    [Theory]
    [InlineData(ModelControlMode.All)]
    [InlineData(ModelControlMode.Poll)]
    public async Task LoadAsync_OutsideExplicitControl_IsRefused(ModelControlMode mode)
    {
        await using ServedCluster cluster = await StartAsync(mode);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            cluster.Repository.LoadAsync("a", null, Token)
        );

        Assert.Equal(InferenceError.Unavailable, exception.Error);
        Assert.Contains(
            "explicit model load / unload is not allowed if polling is enabled",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    private static Task<ServedCluster> StartAsync(ModelControlMode mode) =>
        ServedCluster.StartAsync(
            mode,
            ("a", FixtureModels.Scale(1, 1), "max_batch_size: 4"),
            ("b", FixtureModels.Scale(1, 2), null)
        );
}
