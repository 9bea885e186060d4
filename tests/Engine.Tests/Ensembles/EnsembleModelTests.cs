using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Ensembles;

public sealed class EnsembleModelTests
{
    private const string Ends = """
        platform: "ensemble"
        max_batch_size: 8
        input { name: "in" data_type: TYPE_FP32 dims: 2 }
        output { name: "out" data_type: TYPE_FP32 dims: 2 }
        """;

    private const string Diamond =
        Ends
        + """
            output { name: "left" data_type: TYPE_FP32 dims: 2 }
            ensemble_scheduling {
              step { model_name: "sum" model_version: -1 input_map { key: "a" value: "left" } input_map { key: "b" value: "right" } output_map { key: "y" value: "out" } }
              step { model_name: "double" model_version: -1 input_map { key: "x" value: "in" } output_map { key: "y" value: "doubled" } }
              step { model_name: "triple" model_version: -1 input_map { key: "x" value: "doubled" } output_map { key: "y" value: "left" } }
              step { model_name: "tenfold" model_version: -1 input_map { key: "x" value: "doubled" } output_map { key: "y" value: "right" } }
            }
            """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InferAsync_Diamond_EqualsTheStepsByHand()
    {
        await using TestEngine test = await DiamondAsync();
        float[] values = [1, 2, 3, 4];

        InferenceAnswer whole = (await test.InferAsync(Request(values))).EnsureSuccess();
        float[] doubled = await ByHandAsync(test, "double", ("x", values));
        float[] left = await ByHandAsync(test, "triple", ("x", doubled));
        float[] right = await ByHandAsync(test, "tenfold", ("x", doubled));
        float[] sum = await ByHandAsync(test, "sum", ("a", left), ("b", right));

        Assert.Equal(sum, TestEngine.Floats(whole.Output("out")));
        Assert.Equal(left, TestEngine.Floats(whole.Output("left")));
        Assert.Equal([26f, 52, 78, 104], sum);
    }

    [Fact]
    public async Task Statistics_OfProbes_CountNothingInEnsembleAndSteps()
    {
        await using TestEngine test = await DiamondAsync();

        (await test.InferAsync(Request([1, 2, 3, 4]) with { IsProbe = true })).EnsureSuccess();

        foreach (string name in new[] { "diamond", "double", "triple", "tenfold", "sum" })
        {
            InferenceStatistics counted = test.Engine.Statistics(test.Engine.Find(name, "", out _, out _)!);
            Assert.Equal(
                (0, 0, 0, 0),
                (counted.Requests, counted.Success.Count, counted.InferenceCount, counted.ExecutionCount)
            );
            Assert.Empty(counted.Batches);
        }
    }

    [Fact]
    public async Task Statistics_OfEnsembleAndSteps_CountEveryRequestOnce()
    {
        await using TestEngine test = await DiamondAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => test.InferAsync(Request([1, 2, 3, 4]))));

        InferenceStatistics ensemble = test.Engine.Statistics(test.Engine.Find("diamond", "", out _, out _)!);
        Assert.Equal((20, 40, 20), (ensemble.Success.Count, ensemble.InferenceCount, ensemble.ExecutionCount));
        foreach (string step in new[] { "double", "triple", "tenfold", "sum" })
        {
            Assert.Equal(
                (20, 40),
                (
                    test.Engine.Statistics(test.Replica(step)).Success.Count,
                    test.Engine.Statistics(test.Replica(step)).InferenceCount
                )
            );
        }
    }

    [Fact]
    public async Task InferAsync_Cancelled_StopsTheRemainingSteps()
    {
        await using TestEngine test = await ChainAsync();
        using CancellationTokenSource cancel = new();

        Task<InferenceAnswer> answer = test.InferAsync(Request([1, 2]), cancel.Token);
        Assert.Equal(1, test.Replica("waits").QueuedRequests);
        await cancel.CancelAsync();

        Assert.Equal(InferenceError.Cancelled, (await answer).Error);
        Assert.Equal(0, test.Replica("waits").QueuedRequests);
        Assert.Equal(
            0,
            test.Engine.Statistics(test.Replica("double")).Success.Count
                + test.Engine.Statistics(test.Replica("double")).Fail.Count
        );
    }

    [Fact]
    public async Task InferAsync_Deadline_IsOneForTheWhole()
    {
        await using TestEngine test = await ChainAsync();

        InferenceAnswer response = await test.InferAsync(
            Request([1, 2]) with
            {
                Timeout = TimeSpan.FromMilliseconds(30),
            }
        );

        Assert.Equal(InferenceError.DeadlineExceeded, response.Error);
        Assert.Contains("model 'waits'", response.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(0, test.Engine.Statistics(test.Replica("double")).Success.Count);
    }

    [Fact]
    public async Task InferAsync_FailingStep_CancelsItsNeighbourAndNamesItself()
    {
        const string Two =
            Ends
            + """
                ensemble_scheduling {
                  step { model_name: "waits" model_version: -1 input_map { key: "x" value: "in" } output_map { key: "y" value: "slow" } }
                  step { model_name: "full" model_version: -1 input_map { key: "x" value: "in" } output_map { key: "y" value: "fast" } }
                  step { model_name: "sum" model_version: -1 input_map { key: "a" value: "slow" } input_map { key: "b" value: "fast" } output_map { key: "y" value: "out" } }
                }
                """;
        await using TestEngine test = await TestEngine.StartAsync(
            ("e", [], Two),
            ("sum", FixtureModels.Sum(2), null),
            ("waits", FixtureModels.Scale(2, 1), Waits),
            ("full", FixtureModels.Scale(2, 1), Waits)
        );
        test.Replica("full").Limits = test.Replica("full").Limits with { MaxQueuedRequests = 0 };

        InferenceAnswer response = await test.InferAsync(Request([1, 2]) with { ModelName = "e" });

        Assert.Equal(InferenceError.ResourceExhausted, response.Error);
        Assert.StartsWith("in ensemble 'e', ", response.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("model 'full'", response.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(0, test.Replica("waits").QueuedRequests);
    }

    [Theory]
    [InlineData(
        "step { model_name: \"double\" input_map { key: \"x\" value: \"nowhere\" } output_map { "
            + "key: \"y\" value: \"out\" } }",
        "ensemble input 'in' for ensemble e' is not used"
    )]
    [InlineData(
        "step { model_name: \"double\" input_map { key: \"z\" value: \"in\" } output_map { key: "
            + "\"y\" value: \"out\" } }",
        "ensemble tensor in is mapping to non-existing input z in model double, which has: x"
    )]
    [InlineData(
        "step { model_name: \"absent\" input_map { key: \"x\" value: \"in\" } output_map { key: "
            + "\"y\" value: \"out\" } }",
        "not available or ambiguous: absent"
    )]
    [InlineData(
        "step { model_name: \"double\" input_map { key: \"x\" value: \"t\" } output_map { key: "
            + "\"y\" value: \"u\" } } step { model_name: \"double\" input_map { key: \"x\" value: "
            + "\"u\" } output_map { key: \"y\" value: \"t\" } } step { model_name: \"double\" "
            + "input_map { key: \"x\" value: \"in\" } output_map { key: \"y\" value: \"out\" } }",
        "'t' of ensemble 'e' is not written: no step makes it, or in a circle"
    )]
    [InlineData(
        "step { model_name: \"double\" input_map { key: \"x\" value: \"in\" } output_map { key: "
            + "\"y\" value: \"in\" } }",
        "'in' can appear in an output map only once"
    )]
    [InlineData(
        "step { model_name: \"wide\" input_map { key: \"x\" value: \"in\" } output_map { key: \"y\" value: \"out\" } }",
        "inconsistent shape: [-1,2] is inferred from model e while [-1,3] is inferred from model wide"
    )]
    [InlineData(
        "step { model_name: \"double\" input_map { key: \"x\" value: \"in\" } output_map { key: \"y\" value: \"out\" } } "
            + "step { model_name: \"double\" input_map { key: \"x\" value: \"in\" } output_map { key: \"y\" value: \"t\" } }",
        "ensemble tensor 't' is unused in ensemble 'e'"
    )]
    [InlineData(
        "step { model_name: \"double\" input_map { key: \"x\" value: \"in\" } }",
        "must specify 'output_map' in step 0"
    )]
    [InlineData("", "must specify 'step' for ensemble 'e'")]
    [InlineData(
        "step { model_name: \"double\" model_version: 7 input_map { key: \"x\" value: \"in\" } output_map { key: \"y\" value: \"out\" } }",
        "depends on 'double' whose required version 7 is not loaded"
    )]
    public async Task LoadAsync_WrongGraph_SaysWhere(string steps, string expected)
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("double", FixtureModels.Scale(2, 2), null),
            ("wide", FixtureModels.Scale(3, 2), null),
            ("e", [], Ends + $"\nensemble_scheduling {{ {steps} }}")
        );

        Assert.Contains(expected, test.Engine.Index.Single(line => line.Name == "e").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnloadAsync_WithDependents_UnloadsTheSteps()
    {
        await using TestEngine test = new(options => options.Mode = ModelControlMode.Explicit);
        foreach ((string name, byte[] model, string? config) in DiamondModels)
        {
            test.Write(name, model, config);
        }
        await test.Engine.StartAsync(Token);

        Assert.True(await test.Engine.LoadAsync("diamond", Token));
        int loaded = test.Engine.Models.Count;
        await test.Engine.UnloadAsync("diamond", dependents: true, Token);

        Assert.Equal((5, 0), (loaded, test.Engine.Models.Count));
    }

    private const string Waits = "max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 3600000000 }";

    private static (string Name, byte[] Model, string? Config)[] DiamondModels =>
        [
            ("diamond", [], Diamond),
            ("double", FixtureModels.Scale(2, 2), null),
            ("triple", FixtureModels.Scale(2, 3), null),
            ("tenfold", FixtureModels.Scale(2, 10), null),
            ("sum", FixtureModels.Sum(2), null),
        ];

    private static Task<TestEngine> DiamondAsync() => TestEngine.StartAsync(DiamondModels);

    private static Task<TestEngine> ChainAsync() =>
        TestEngine.StartAsync(
            (
                "diamond",
                [],
                Ends
                    + """
                    ensemble_scheduling {
                      step { model_name: "waits" model_version: -1 input_map { key: "x" value: "in" } output_map { key: "y" value: "middle" } }
                      step { model_name: "double" model_version: -1 input_map { key: "x" value: "middle" } output_map { key: "y" value: "out" } }
                    }
                    """
            ),
            ("waits", FixtureModels.Scale(2, 1), Waits),
            ("double", FixtureModels.Scale(2, 2), null)
        );

    private static InferenceCall Request(float[] values) =>
        TestEngine.Request("diamond", TestEngine.Floats("in", values, values.Length / 2, 2));

    private static async Task<float[]> ByHandAsync(
        TestEngine test,
        string model,
        params (string Name, float[] Values)[] inputs
    )
    {
        InferenceAnswer response = await test.InferAsync(
            TestEngine.Request(
                model,
                [.. inputs.Select(input => TestEngine.Floats(input.Name, input.Values, input.Values.Length / 2, 2))]
            )
        );
        return TestEngine.Floats(response.EnsureSuccess().Outputs[0]);
    }
}
