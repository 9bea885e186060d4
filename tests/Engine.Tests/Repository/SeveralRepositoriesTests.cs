using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository;

/// <summary>Models of several repositories, and names that two of them have.</summary>
public sealed class SeveralRepositoriesTests : IDisposable
{
    private readonly string _other = Directory.CreateTempSubdirectory("other").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_other, recursive: true);

    [Fact]
    public async Task StartAsync_TwoRepositories_ServesTheModelsOfBoth()
    {
        await using TestEngine test = Start(ModelControlMode.All);
        test.Write("first", FixtureModels.Scale(2, 2));
        WriteOther("second");

        await test.Engine.StartAsync(Token);

        Assert.Equal(["first", "second"], test.Engine.Models.Select(model => model.Name));
        Assert.Equal($"{test.Folder}, {_other}", test.Engine.RepositoryPath);
    }

    [Fact]
    public async Task StartAsync_OneRepositoryTwice_IsOne()
    {
        await using TestEngine test = new(options => options.MoreModels.Add(options.Models));
        test.Write("m", FixtureModels.Scale(2, 2));

        await test.Engine.StartAsync(Token);

        Assert.Single(test.Engine.Models);
        Assert.Equal(test.Folder, test.Engine.RepositoryPath);
    }

    [Fact]
    public async Task StartAsync_ANameInBoth_IsServedFromNeitherAndSaysWhere()
    {
        await using TestEngine test = Start(ModelControlMode.All);
        test.Write("m", FixtureModels.Scale(2, 2));
        WriteOther("m");

        await test.Engine.StartAsync(Token);

        Assert.Empty(test.Engine.Models);
        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Contains("model appears in two or more repositories", line.Reason, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_other, "m"), line.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PollAsync_ANameThatCameToBeInBoth_IsUnloadedUntilItIsInOne()
    {
        await using TestEngine test = Start(ModelControlMode.Poll);
        test.Write("m", FixtureModels.Scale(2, 2));
        await test.Engine.StartAsync(Token);
        WriteOther("m");
        await test.Engine.PollAsync(Token);
        int whileTwo = test.Engine.Models.Count;
        Directory.Delete(Path.Combine(test.Folder, "m"), recursive: true);

        await test.Engine.PollAsync(Token);

        Assert.Equal((0, 1), (whileTwo, test.Engine.Models.Count));
    }

    [Fact]
    public async Task LoadAsync_ANameThatCameToBeInBoth_IsRefusedAndWhatServesGoesOn()
    {
        await using TestEngine test = Start(ModelControlMode.Explicit);
        test.Write("m", FixtureModels.Scale(2, 2));
        await test.Engine.StartAsync(Token);
        await test.Engine.LoadAsync("m", Token);
        WriteOther("m");

        bool loaded = await test.Engine.LoadAsync("m", Token);

        Assert.False(loaded);
        Assert.Single(test.Engine.Models);
    }

    private TestEngine Start(ModelControlMode mode) =>
        new(options =>
        {
            options.MoreModels.Add(_other);
            options.Mode = mode;
        });

    private void WriteOther(string name)
    {
        string version = Directory.CreateDirectory(Path.Combine(_other, name, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(2, 3));
    }
}
