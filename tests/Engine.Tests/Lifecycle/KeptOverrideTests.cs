using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Lifecycle;

/// <summary>A configuration that a load request gave stays until the folder's own is written or the model goes.</summary>
public sealed class KeptOverrideTests
{
    private static readonly ModelOverride s_second = new("""{"version_policy":{"specific":{"versions":[2]}}}""", []);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoadAsync_AgainWithoutAConfiguration_KeepsTheOneThatWasGiven()
    {
        await using TestEngine test = await StartAsync();
        await test.Engine.LoadAsync("m", s_second, Token);

        await test.Engine.LoadAsync("m", Token);

        Assert.Equal(["2"], test.Engine.ReadyVersions("m"));
    }

    [Fact]
    public async Task LoadAsync_AfterTheFolderWasWritten_TakesItsConfiguration()
    {
        await using TestEngine test = await StartAsync();
        await test.Engine.LoadAsync("m", s_second, Token);
        string config = Path.Combine(test.Folder, "m", "config.pbtxt");
        File.SetLastWriteTimeUtc(config, File.GetLastWriteTimeUtc(config) + TimeSpan.FromSeconds(1));

        await test.Engine.LoadAsync("m", Token);

        Assert.Equal(["1"], test.Engine.ReadyVersions("m"));
    }

    [Fact]
    public async Task LoadAsync_AfterAnUnload_TakesTheFoldersConfiguration()
    {
        await using TestEngine test = await StartAsync();
        await test.Engine.LoadAsync("m", s_second, Token);
        await test.Engine.UnloadAsync("m", Token);

        await test.Engine.LoadAsync("m", Token);

        Assert.Equal(["1"], test.Engine.ReadyVersions("m"));
    }

    [Fact]
    public async Task LoadAsync_VersionsThatCannotBeLoaded_AreNamedInTritonsWords()
    {
        await using TestEngine test = await StartAsync();
        test.Write("broken", [1, 2, 3]);

        LoadResult result = await test.Engine.LoadAsync("broken", replacement: null, Token);

        Assert.False(result.IsReady);
        Assert.StartsWith(
            "load failed for model 'broken': version 1 is at UNAVAILABLE state: Internal: ",
            result.Reason,
            StringComparison.Ordinal
        );
    }

    private static async Task<TestEngine> StartAsync()
    {
        TestEngine test = new(options => options.Mode = ModelControlMode.Explicit);
        test.Write("m", FixtureModels.Scale(2, 2), "version_policy { specific { versions: 1 } }");
        test.Write("m", FixtureModels.Scale(2, 2), version: 2);
        await test.Engine.StartAsync(Token);
        return test;
    }
}
