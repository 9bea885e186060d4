using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Ensembles;

/// <summary>An ensemble goes with a step that somebody unloads, and comes back with it.</summary>
public sealed class EnsembleStepsThatGoTests
{
    private const string Ensemble = """
        platform: "ensemble"
        max_batch_size: 4
        input { name: "in" data_type: TYPE_FP32 dims: 2 }
        output { name: "out" data_type: TYPE_FP32 dims: 2 }
        ensemble_scheduling {
          step { model_name: "step" input_map { key: "x" value: "in" } output_map { key: "y" value: "out" } }
        }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UnloadAsync_AStepByRequest_TakesTheEnsembleWithIt()
    {
        await using TestEngine test = await StartAsync();

        await test.Engine.UnloadAsync("step", dependents: false, Token);

        Assert.Empty(test.Engine.Models);
        ModelStatus line = test.Engine.Index.Single(line => line.Name == "e");
        Assert.Equal((ModelState.Unavailable, "unloaded with its step 'step'"), (line.State, line.Reason));
    }

    [Fact]
    public async Task LoadAsync_TheStepAgain_BringsTheEnsembleBack()
    {
        await using TestEngine test = await StartAsync();
        await test.Engine.UnloadAsync("step", dependents: false, Token);

        IReadOnlyList<string> revived = (await test.Engine.LoadAsync("step", replacement: null, Token)).Revived;

        Assert.Equal(["e"], revived);
        Assert.Equal(["e", "step"], test.Engine.Models.Select(model => model.Name));
    }

    [Fact]
    public async Task LoadAsync_TheStepAgainAfterTheEnsembleWasUnloaded_LeavesItUnloaded()
    {
        await using TestEngine test = await StartAsync();
        await test.Engine.UnloadAsync("step", dependents: false, Token);
        await test.Engine.UnloadAsync("e", dependents: false, Token);

        IReadOnlyList<string> revived = (await test.Engine.LoadAsync("step", replacement: null, Token)).Revived;

        Assert.Empty(revived);
        Assert.Equal(["step"], test.Engine.Models.Select(model => model.Name));
    }

    [Fact]
    public async Task UnloadAsync_AStepThatIsPlacedElsewhere_LeavesTheEnsemble()
    {
        await using TestEngine test = await StartAsync();

        await test.Engine.UnloadAsync("step", Token);

        Assert.Equal(["e"], test.Engine.Models.Select(model => model.Name));
    }

    private static async Task<TestEngine> StartAsync()
    {
        TestEngine test = new(options =>
        {
            options.Mode = ModelControlMode.Explicit;
            options.LoadModel.Add("*");
        });
        test.Write("step", FixtureModels.Scale(2, 2));
        test.Write("e", [], Ensemble);
        await test.Engine.StartAsync(Token);
        return test;
    }
}
