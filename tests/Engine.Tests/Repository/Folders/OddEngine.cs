using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Tests.Repository.Folders;

/// <summary>
/// An engine over a repository with the model <c>good</c>, in a folder that may have others beside it.
/// </summary>
internal sealed class OddEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("odd").FullName;

    /// <param name="mode">The mode.</param>
    /// <param name="model">A model to be loaded at start in mode <c>explicit</c>, beside <c>good</c>.</param>
    public OddEngine(ModelControlMode mode, string? model)
    {
        string root = Directory.CreateDirectory(Path.Combine(_folder, "repository")).FullName;
        Repository = new OddRepository(root);
        Repository.Write("good/1/model.onnx", OddRepository.Doubles);
        Engine = new TestEngine(options =>
        {
            options.Models = root;
            options.Mode = mode;
            if (mode != ModelControlMode.Explicit)
            {
                return;
            }
            options.LoadModel.Add("good");
            if (model is not null)
            {
                options.LoadModel.Add(model);
            }
        });
    }

    public TestEngine Engine { get; }

    public OddRepository Repository { get; }

    /// <summary>What a model makes of 3, or why not.</summary>
    public async Task<(float? Value, InferenceError Error)> TryInferAsync(string model)
    {
        using InferenceAnswer response = await Engine.InferAsync(
            TestEngine.Request(model, TestEngine.Floats("x", [3], 1, 1))
        );
        return response.Error == InferenceError.None
            ? (TestEngine.Floats(response.Output("y"))[0], InferenceError.None)
            : (null, response.Error);
    }

    public async Task RequireGoodAsync() => Assert.Equal((6f, InferenceError.None), await TryInferAsync("good"));

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        // What .NET cannot name it cannot delete.
        using System.Diagnostics.Process remove = System.Diagnostics.Process.Start("rm", ["-rf", _folder]);
        await remove.WaitForExitAsync();
    }
}
