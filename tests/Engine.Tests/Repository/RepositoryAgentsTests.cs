using System.Security.Cryptography;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository;

public sealed class RepositoryAgentsTests
{
    private static readonly byte[] s_model = FixtureModels.Mlp(4, 8, 2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LoadAsync_RightChecksum_IsServed(bool isUpper)
    {
        string sum = isUpper ? Sum() : Sum().ToLowerInvariant();
        await using TestEngine test = await StartAsync("checksum", "MD5:1/model.onnx", sum);

        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Equal(ModelState.Ready, line.State);
        Assert.Equal("", line.Reason);
    }

    [Theory]
    [InlineData("checksum", "MD5:1/model.onnx", "00000000000000000000000000000000", "file '1/model.onnx' has MD5")]
    [InlineData("checksum", "MD5:1/model.onnx", "", "the configuration says ''")]
    [InlineData("checksum", "MD5:1/weights.bin", "0", "names file '1/weights.bin', which is not there")]
    [InlineData("checksum", "MD5:../m/1/model.onnx/../../../secret", "0", "which is not in the model's folder")]
    [InlineData("checksum", "MD5:/etc/hostname", "0", "which is not in the model's folder")]
    [InlineData("checksum", "MD5:1", "0", "is a folder")]
    [InlineData("checksum", "SHA256:1/model.onnx", "0", "has parameter 'SHA256:1/model.onnx'")]
    [InlineData("checksum", "MD5:", "0", "has parameter 'MD5:'")]
    [InlineData("relocation", "MD5:1/model.onnx", "0", "names agent 'relocation'; only checksum is here")]
    public async Task LoadAsync_AgentThatCannotVouch_RefusesTheModelByName(
        string agent,
        string key,
        string value,
        string expected
    )
    {
        await using TestEngine test = await StartAsync(agent, key, value);

        Assert.Empty(test.Engine.Models);
        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.StartsWith("failed to load 'm'", line.Reason, StringComparison.Ordinal);
        Assert.Contains(expected, line.Reason, StringComparison.Ordinal);
    }

    private static string Sum() => Convert.ToHexString(SumOf(s_model));

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The agent's own sum.")]
    private static byte[] SumOf(byte[] contents) => MD5.HashData(contents);

    private static Task<TestEngine> StartAsync(string agent, string key, string value) =>
        TestEngine.StartAsync(
            (
                "m",
                s_model,
                $$"""
                model_repository_agents { agents [ { name: "{{agent}}" parameters { key: "{{key}}" value: "{{value}}" } } ] }
                """
            )
        );
}
