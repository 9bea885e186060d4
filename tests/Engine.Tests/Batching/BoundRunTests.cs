using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Batching;

public sealed class BoundRunTests : IDisposable
{
    private const int Width = 4;

    private readonly InferenceSession _session = new(FixtureModels.Mlp(Width, 8, 2));
    private readonly ModelSignature _signature;

    public BoundRunTests() =>
        _signature = SignatureReader.Read("m", _session, new ModelConfig(), 64, new HashSet<string>());

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_OtherContentsEachTime_GivesWhatAnUnboundRunGives(int rows)
    {
        using BoundRun run = new(_session, _signature, rows);
        using RunOptions options = new();
        for (int round = 0; round < 3; round++)
        {
            float[] values = [.. Enumerable.Range(0, rows * Width).Select(i => MathF.Sin(i + (10 * round)))];
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(run.Input(0));

            Assert.True(run.TryRun(options));

            Assert.Equal(Expected(values, rows), MemoryMarshal.Cast<byte, float>(run.Output(0)).ToArray());
        }
    }

    [Fact]
    public void TryRent_OneThatWasReturned_IsTheSameAgain()
    {
        using BoundRuns runs = new(_session, _signature, isOnCpu: true);
        BoundRun first = runs.TryRent(2)!;
        BoundRun beside = runs.TryRent(2)!;
        Assert.NotSame(first, beside);
        runs.Return(first);

        Assert.Same(first, runs.TryRent(2));
        Assert.Equal(3, runs.TryRent(3)!.Rows);
    }

    [Fact]
    public void TryRent_MoreBytesThanAreWorthCopying_IsNull()
    {
        using BoundRuns runs = new(_session, _signature, isOnCpu: true);
        int rows = (64 << 10) / (int)BoundRun.Bytes(_signature, 1);
        BoundRun largest = runs.TryRent(rows)!;

        Assert.Null(runs.TryRent(rows + 1));
        Assert.Null(runs.TryRent(0));
        runs.Return(largest);
    }

    [Fact]
    public void TryRent_WhereMemoryCannotBeBoundBeforehand_IsNull()
    {
        TensorSpec input = _signature.Inputs[0];
        Assert.Null(Rent(isOnCpu: false, input));
        Assert.Null(Rent(isOnCpu: true, input with { IsOptional = true }));
        Assert.Null(Rent(isOnCpu: true, input with { Datatype = TensorDatatype.Bytes }));
        Assert.Null(Rent(isOnCpu: true, input with { Dimensions = [-1, -1] }));
        Assert.Null(Rent(isOnCpu: true, input with { IsBatched = false }));
    }

    private BoundRun? Rent(bool isOnCpu, TensorSpec input)
    {
        using BoundRuns runs = new(_session, _signature with { Inputs = [input] }, isOnCpu);
        return runs.TryRent(1);
    }

    private float[] Expected(float[] values, int rows)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(values, [rows, Width]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(
            options,
            [_signature.Inputs[0].Name],
            [input],
            [_signature.Outputs[0].Name]
        );
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
