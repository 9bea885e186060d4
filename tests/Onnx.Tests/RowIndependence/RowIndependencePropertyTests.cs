using Microsoft.ML.OnnxRuntime;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.RowIndependence;

namespace OrleansInference.Onnx.Tests.RowIndependence;

/// <summary>
/// Whatever the proof accepts gives the same together, in parts and alone, on values of all magnitudes.
/// </summary>
public sealed class RowIndependencePropertyTests
{
    private static readonly int Graphs = Environment.GetEnvironmentVariable("ORLEANS_INFERENCE_FULL") is { Length: > 0 }
        ? 12_000
        : 3_000;

    [Fact]
    public void Prove_RandomGraphs_WhatIsAcceptedAnswersAlikeTogetherAndApart()
    {
        HashSet<string> grown = [];
        HashSet<string> accepted = [];
        int proven = 0;
        int refused = 0;
        int mixing = 0;
        for (int seed = 0; seed < Graphs; seed++)
        {
            GraphFuzzer fuzzer = new(seed);
            if (fuzzer.Grow(new Random(seed).Next(1, 9)) is not { } model)
            {
                continue;
            }
            grown.UnionWith(fuzzer.Kinds);
            RowProof proof = RowIndependenceProver.Prove(model);
            string? difference = Difference(model, fuzzer);
            if (proof.IsProven)
            {
                proven++;
                accepted.UnionWith(fuzzer.Kinds);
                Assert.True(
                    difference is null,
                    $"seed {seed} was accepted, and rows meet: {difference}; "
                        + $"{string.Join(", ", model.Graph.Node.Select(node => node.OpType))}"
                );
            }
            else
            {
                refused++;
                if (difference is not null)
                {
                    mixing++;
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{proven} proven, {refused} refused, of which {mixing} mix rows; {grown.Count} "
                + $"operators, {accepted.Count} in proven graphs"
        );
        Assert.True(grown.Count >= 80, $"only {grown.Count} operators were grown: {string.Join(", ", grown.Order())}");
        Assert.True(
            accepted.Count >= 60,
            $"only {accepted.Count} operators were in accepted graphs: {string.Join(", ", accepted.Order())}"
        );
        Assert.True(proven >= Graphs / 5, $"only {proven} of {Graphs} graphs were accepted");
        Assert.True(
            mixing >= Graphs / 10,
            $"only {mixing} of {Graphs} graphs let rows meet: the test would not notice"
        );
    }

    private static string? Difference(ModelProto model, GraphFuzzer fuzzer)
    {
        using BatchComparison comparison = new(model);
        // 0: equal magnitudes; 1: from 1/8 to 8; 10: from 1e-9 to 1e9; 30: near both ends of what a float holds.
        foreach (double scale in new[] { 0.0, 1, 10, 30 })
        {
            foreach (int[] parts in new[] { new[] { 1, 1, 1, 1, 1 }, [2, 3], [1, 4], [3, 1, 1] })
            {
                try
                {
                    Dictionary<string, BatchComparison.Tensor> inputs = BatchComparison.Values(
                        fuzzer.Inputs,
                        parts.Sum(),
                        seed: (int)scale + parts[0],
                        scale
                    );
                    if (comparison.Difference(inputs, parts) is { } difference)
                    {
                        return difference;
                    }
                }
                catch (OnnxRuntimeException)
                {
                    // Alone it does not run either: nothing to compare.
                }
            }
        }

        return null;
    }
}
