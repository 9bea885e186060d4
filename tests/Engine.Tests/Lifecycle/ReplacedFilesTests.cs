using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Tests.Repository.Folders;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Lifecycle;

/// <summary>The ways in which files are replaced while they serve: found once each, and no answer is of both.</summary>
public sealed class ReplacedFilesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Each as a model "m" that multiplies or adds, and what replaces it by a file of the same length and times.
    /// </summary>
    public static TheoryData<string> Ways =>
        ["rename", "file link", "folder link", "version link", "target", "in place"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task PollAsync_FilesOfTheSameLengthAndTimes_AreFoundOnce(string way)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("inodes are Unix'");
        }
        await using OddEngine test = new(ModelControlMode.Poll, model: null);
        OddRepository odd = test.Repository;
        odd.Write("../store/old/1/model.onnx", FixtureModels.Scale(1, 1));
        odd.Write("../store/new/1/model.onnx", FixtureModels.Scale(1, 5));
        switch (way)
        {
            case "rename" or "in place":
                odd.Write("m/1/model.onnx", FixtureModels.Scale(1, 1));
                break;
            case "folder link":
                odd.Link("m", "../store/old");
                break;
            case "version link":
                odd.Link("m/1", "../../store/old/1");
                break;
            default:
                odd.Link("m/1/model.onnx", "../../../store/old/1/model.onnx");
                break;
        }

        foreach (
            string file in new[] { "../store/old/1/model.onnx", "../store/new/1/model.onnx", "m/1/model.onnx" }
                .Select(odd.Full)
                .Where(File.Exists)
        )
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }
        await test.Engine.Engine.StartAsync(Token);
        Assert.Equal(3f, (await test.TryInferAsync("m")).Value);
        await test.Engine.Engine.PollAsync(Token);
        long loads = test.Engine.Engine.Loads;

        string served = odd.Full("m/1/model.onnx");
        string fresh = odd.Full("../store/new/1/model.onnx");
        switch (way)
        {
            case "rename":
                File.Move(fresh, served, overwrite: true);
                break;
            case "file link":
                odd.Relink("m/1/model.onnx", "../../../store/new/1/model.onnx");
                break;
            case "folder link":
                odd.Relink("m", "../store/new");
                break;
            case "version link":
                odd.Relink("m/1", "../../store/new/1");
                break;
            default:
                await File.WriteAllBytesAsync(served, FixtureModels.Scale(1, 5), Token);
                File.SetLastWriteTimeUtc(served, DateTime.UnixEpoch);
                break;
        }

        for (int look = 0; look < 3; look++)
        {
            await test.Engine.Engine.PollAsync(Token);
        }

        Assert.Equal(15f, (await test.TryInferAsync("m")).Value);
        Assert.Equal(loads + 1, test.Engine.Engine.Loads);
    }

    /// <summary>
    /// A ConfigMap is written to a hidden folder, the link <c>..data</c> is renamed, the old folder deleted. Each
    /// generation multiplies and adds numbers of its own, the one in the graph, the other in the weights: an answer of
    /// both is nobody's.
    /// </summary>
    [Fact]
    public async Task PollAsync_AConfigMapUnderLoad_IsLoadedOnceASwapAndLosesNothing()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such volumes");
        }
        const int Swaps = 8;
        await using OddEngine test = new(ModelControlMode.Poll, model: null);
        OddRepository odd = test.Repository;
        Generation(odd, 1);
        odd.Link("m/1/..data", "..1");
        odd.Link("m/1/model.onnx", "..data/model.onnx");
        odd.Link("m/1/weights.bin", "..data/weights.bin");
        await test.Engine.Engine.StartAsync(Token);
        long before = test.Engine.Engine.Loads;
        using CancellationTokenSource stop = new();
        Task<List<float>>[] callers =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(() => CallAsync(test, stop.Token), Token)),
        ];
        Task looks = Task.Run(() => LookAsync(test, stop.Token), Token);

        for (int generation = 2; generation <= Swaps + 1; generation++)
        {
            Generation(odd, generation);
            odd.Relink("m/1/..data", $"..{generation}");
            Directory.Delete(odd.Full($"m/1/..{generation - 1}"), recursive: true);
            await UntilAsync(async () => (await test.TryInferAsync("m")).Value == Answer(generation));
        }

        await stop.CancelAsync();
        await looks;
        List<float>[] answers = await Task.WhenAll(callers);
        Assert.All(answers, all => Assert.NotEmpty(all));
        HashSet<float> allowed = [.. Enumerable.Range(1, Swaps + 1).Select(Answer)];
        Assert.All(answers, all => Assert.All(all, answer => Assert.Contains(answer, allowed)));
        Assert.All(answers, all => Assert.Equal(all.Order(), all));
        Assert.Equal(before + Swaps, test.Engine.Engine.Loads);
    }

    [Fact]
    public async Task InferAsync_WeightsWrittenOverOrCutShort_AnswersAsBefore()
    {
        await using OddEngine test = new(ModelControlMode.Poll, model: null);
        test.Repository.Write("m/1/model.onnx", OddRepository.Adds("weights.bin"));
        string weights = test.Repository.Write("m/1/weights.bin", OddRepository.Weight(1));
        await test.Engine.Engine.StartAsync(Token);

        await using (FileStream file = new(weights, FileMode.Open, FileAccess.Write))
        {
            await file.WriteAsync(OddRepository.Weight(7), Token);
        }
        Assert.Equal(4f, (await test.TryInferAsync("m")).Value);
        await using (FileStream file = new(weights, FileMode.Open, FileAccess.Write))
        {
            file.SetLength(0);
        }
        Assert.Equal(4f, (await test.TryInferAsync("m")).Value);
        await test.Engine.Engine.PollAsync(Token);
        Assert.Equal(4f, (await test.TryInferAsync("m")).Value);
        Assert.Contains(test.Engine.Engine.Index, line => line.Name == "m" && line.Reason.Length > 0);

        await File.WriteAllBytesAsync(weights, OddRepository.Weight(7), Token);
        await test.Engine.Engine.PollAsync(Token);
        Assert.Equal(10f, (await test.TryInferAsync("m")).Value);
        Assert.DoesNotContain(test.Engine.Engine.Index, line => line.Reason.Length > 0);
    }

    /// <summary>Memory is that of what links lead to, each once.</summary>
    [Fact]
    public async Task StartAsync_LinksToLargeWeights_CountTheWeights()
    {
        await using OddEngine test = new(ModelControlMode.All, model: null);
        byte[] weights = new byte[64 << 20];
        OddRepository.Weight(1).CopyTo(weights, 0);
        test.Repository.Write("../store/blob", weights);
        foreach (string model in new[] { "linked", "plain" })
        {
            test.Repository.Write($"{model}/1/model.onnx", OddRepository.Adds("weights.bin"));
        }
        test.Repository.Link("linked/1/weights.bin", "../../../store/blob");
        test.Repository.Link("linked/1/again.bin", "../../../store/blob");
        test.Repository.Write("plain/1/weights.bin", weights);

        await test.Engine.Engine.StartAsync(Token);

        Assert.Equal(4f, (await test.TryInferAsync("linked")).Value);
        Assert.InRange(test.Engine.Engine.MemoryOfServed("plain"), 2 * weights.Length, 3 * weights.Length);
        Assert.Equal(test.Engine.Engine.MemoryOfServed("plain"), test.Engine.Engine.MemoryOfServed("linked"));
    }

    private static float Answer(int generation) => (3 * generation) + (1000 * generation);

    private static void Generation(OddRepository odd, int generation)
    {
        byte[] model = new OnnxGraphBuilder("both")
            .Input("x", TensorProto.Types.DataType.Float, "batch", 1)
            .Initializer(OnnxTensor.Of<float>("factor", [generation]))
            .Initializer(OnnxTensor.External("w", TensorProto.Types.DataType.Float, "weights.bin", 0, sizeof(float), 1))
            .Node("Mul", ["x", "factor"], ["scaled"])
            .Node("Add", ["scaled", "w"], ["y"])
            .Output("y", TensorProto.Types.DataType.Float, "batch", 1)
            .ToBytes();
        odd.Write($"m/1/..{generation}/model.onnx", model);
        odd.Write($"m/1/..{generation}/weights.bin", OddRepository.Weight(1000 * generation));
    }

    private static async Task<List<float>> CallAsync(OddEngine test, CancellationToken stop)
    {
        List<float> answers = [];
        while (!stop.IsCancellationRequested)
        {
            (float? value, InferenceError error) = await test.TryInferAsync("m");
            Assert.Equal(InferenceError.None, error);
            answers.Add(value!.Value);
            await Task.Yield();
        }

        return answers;
    }

    private static async Task LookAsync(OddEngine test, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await test.Engine.Engine.PollAsync(Token);
            await Task.Yield();
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
