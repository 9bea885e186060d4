using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Tests.Repository.Folders;

/// <summary>
/// Whatever lies in a repository, in every mode, there from the start or put there later: each model stands for itself.
/// </summary>
public sealed class OddFolderTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<OddKind, ModelControlMode> Cases()
    {
        TheoryData<OddKind, ModelControlMode> cases = [];
        foreach (OddKind kind in OddKinds.All)
        {
            foreach (ModelControlMode mode in Enum.GetValues<ModelControlMode>())
            {
                cases.Add(kind, mode);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public async Task StartAsync_AnOddFolder_IsNamedAndTheOthersServe(OddKind kind, ModelControlMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("links, pipes and such names are Unix'");
        }
        await using OddEngine test = new(mode, kind.Model);
        kind.Make(test.Repository);

        await Task.Run(() => test.Engine.Engine.StartAsync(Token), Token).WaitAsync(Limit, Token);
        if (mode == ModelControlMode.Demand && kind.Model is not null)
        {
            await test.TryInferAsync(kind.Model).WaitAsync(Limit, Token);
        }

        await RequireAsync(test, kind).WaitAsync(Limit, Token);
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public async Task PollAsync_AnOddFolderComes_IsNamedAndTheOthersServe(OddKind kind, ModelControlMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("links, pipes and such names are Unix'");
        }
        await using OddEngine test = new(mode, model: null);
        await test.Engine.Engine.StartAsync(Token);
        await test.RequireGoodAsync();

        kind.Make(test.Repository);
        await Task.Run(() => AskAsync(test, kind, mode), Token).WaitAsync(Limit, Token);

        await RequireAsync(test, kind).WaitAsync(Limit, Token);
    }

    private static async Task AskAsync(OddEngine test, OddKind kind, ModelControlMode mode)
    {
        if (mode == ModelControlMode.Poll)
        {
            await test.Engine.Engine.PollAsync(Token);
        }
        else if (kind.Model is null)
        {
            return;
        }
        else if (mode == ModelControlMode.Demand)
        {
            await test.TryInferAsync(kind.Model);
        }
        else
        {
            await test.Engine.Engine.LoadAsync(kind.Model, Token);
        }
    }

    private static async Task RequireAsync(OddEngine test, OddKind kind)
    {
        await test.RequireGoodAsync();
        ModelStatus[] lines = [.. test.Engine.Engine.Index.Where(line => line.Name == kind.Model)];
        if (kind.Model is null)
        {
            Assert.All(test.Engine.Engine.Index, line => Assert.Equal("good", line.Name));
        }
        else if (kind.Reason is null)
        {
            ModelStatus served = Assert.Single(lines);
            Assert.Equal((ModelState.Ready, kind.Warning.Length > 0), (served.State, served.Reason.Length > 0));
            Assert.Contains(kind.Warning, served.Reason, StringComparison.Ordinal);
            Assert.Contains((await test.TryInferAsync(kind.Model)).Value, new float?[] { 6, 4 });
            Assert.NotNull(test.Engine.Engine.Content.ManifestOfServed(kind.Model));
        }
        else
        {
            ModelStatus line = Assert.Single(lines);
            Assert.Equal(ModelState.Unavailable, line.State);
            Assert.Contains(kind.Reason, line.Reason, StringComparison.Ordinal);
            (float? value, InferenceError error) = await test.TryInferAsync(kind.Model);
            Assert.Equal((null, InferenceError.Unavailable), (value, error));
        }

        // And what looks at the repository without loading from it.
        Assert.Contains(test.Engine.Engine.RepositoryIndex(), line => line.Name == "good" && line.Reason.Length == 0);
        if (kind.Model is not null)
        {
            _ = test.Engine.Engine.Content.ManifestOfRepository(kind.Model);
        }
    }
}
