using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Lifecycle;

/// <summary>Who asks for what served once is told so, in Triton's words.</summary>
public sealed class GoneModelsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("never", "", "Request for unknown model: 'never' is not found")]
    [InlineData("gone", "", "Request for unknown model: 'gone' has no available versions")]
    [InlineData("m", "1", "Request for unknown model: 'm' version 1 is not at ready state; ready versions: 2")]
    [InlineData("m", "9", "Request for unknown model: 'm' version 9 is not found; ready versions: 2")]
    [InlineData("empty", "", "Request for unknown model: 'empty' has no available versions")]
    [InlineData("wrong", "", "Request for unknown model: 'wrong' is not found: ")]
    public async Task Find_WhatServesNoMore_IsToldFromWhatNeverDid(string model, string version, string expected)
    {
        await using TestEngine test = new(options => options.Mode = ModelControlMode.Poll);
        test.Write("gone", FixtureModels.Scale(2, 2));
        test.Write("m", FixtureModels.Scale(2, 2), "version_policy { all { } }");
        test.Write("m", FixtureModels.Scale(2, 2), version: 2);
        test.Write("wrong", FixtureModels.Scale(2, 2), "max_batch_size: -3");
        Directory.CreateDirectory(Path.Combine(test.Folder, "empty"));
        await test.Engine.StartAsync(Token);
        Directory.Delete(Path.Combine(test.Folder, "gone"), recursive: true);
        Directory.Delete(Path.Combine(test.Folder, "m", "1"), recursive: true);
        await test.Engine.PollAsync(Token);

        Assert.Null(test.Engine.Find(model, version, out InferenceError error, out string message));

        Assert.NotEqual(InferenceError.None, error);
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
    }
}
