using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Repository;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Hosting;

/// <summary>What ends a server at its start, and when it is ready.</summary>
public sealed class StartErrorsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StartErrors.Repository, true)]
    [InlineData(StartErrors.False, true)]
    [InlineData(StartErrors.True, false)]
    public async Task StartAsync_OneBrokenModel_EndsOnlyWhereAsked(StartErrors errors, bool starts)
    {
        await using TestEngine test = Broken(options => options.ExitOnError = errors);

        Exception? exception = await Record.ExceptionAsync(() => test.Engine.StartAsync(Token));

        Assert.Equal((starts, starts), (exception is null, test.Engine.IsReady));
        if (!starts)
        {
            Assert.IsType<ModelRepositoryException>(exception);
            Assert.Contains("failed to load 'broken'", exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("good", exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(StartErrors.Repository, false)]
    [InlineData(StartErrors.True, false)]
    [InlineData(StartErrors.False, true)]
    public async Task StartAsync_NoRepository_LivesOnlyWhereAskedAndIsNotReady(StartErrors errors, bool lives)
    {
        await using TestEngine test = new(options =>
        {
            options.Models += "-that-is-not-there";
            options.ExitOnError = errors;
        });

        Exception? exception = await Record.ExceptionAsync(() => test.Engine.StartAsync(Token));

        Assert.Equal((lives, false), (exception is null, test.Engine.IsReady));
        Assert.Equal(!lives, test.Engine.IsLive);
    }

    [Fact]
    public async Task PollAsync_ARepositoryThatCameLater_MakesReady()
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory("later").FullName, "models");
        await using TestEngine test = new(options =>
        {
            options.Models = folder;
            options.Mode = ModelControlMode.Poll;
            options.ExitOnError = StartErrors.False;
        });
        await test.Engine.StartAsync(Token);
        bool before = test.Engine.IsReady || test.Engine.IsLive;
        Directory.CreateDirectory(folder);

        await test.Engine.PollAsync(Token);

        Assert.Equal((false, true, true), (before, test.Engine.IsReady, test.Engine.IsLive));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task IsReady_Strict_IsWhetherAllThatWasAskedForServes()
    {
        await using TestEngine test = Broken(options =>
        {
            options.Mode = ModelControlMode.Explicit;
            options.LoadModel.Add("*");
            options.StrictReadiness = true;
        });
        await test.Engine.StartAsync(Token);
        bool broken = test.Engine.IsReady;
        test.Write("broken", FixtureModels.Scale(2, 2));
        await test.Engine.LoadAsync("broken", Token);
        bool mended = test.Engine.IsReady;
        await test.Engine.UnloadAsync("good", dependents: false, Token);

        Assert.Equal((false, true, true), (broken, mended, test.Engine.IsReady));
    }

    [Fact]
    public async Task IsReady_StrictAndANameInTwoRepositories_IsNotWaitedFor()
    {
        string other = Directory.CreateTempSubdirectory("other").FullName;
        await using TestEngine test = new(options =>
        {
            options.MoreModels.Add(other);
            options.StrictReadiness = true;
        });
        test.Write("good", FixtureModels.Scale(2, 2));
        test.Write("twice", FixtureModels.Scale(2, 2));
        Directory.CreateDirectory(Path.Combine(other, "twice", "1"));

        await test.Engine.StartAsync(Token);

        Assert.True(test.Engine.IsReady);
        Assert.Contains(
            test.Engine.Index,
            line => line.Name == "twice" && line.Reason.Contains("two or more repositories", StringComparison.Ordinal)
        );
        Directory.Delete(other, recursive: true);
    }

    private static TestEngine Broken(Action<EngineOptions> configure)
    {
        TestEngine test = new(configure);
        test.Write("good", FixtureModels.Scale(2, 2));
        test.Write("broken", [1, 2, 3]);
        return test;
    }
}
