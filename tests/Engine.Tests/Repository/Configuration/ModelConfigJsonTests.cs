using System.Text.Json;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

public sealed class ModelConfigJsonTests
{
    [Fact]
    public void Write_Configuration_HasTheSchemasNamesAndNumbers()
    {
        using JsonDocument document = JsonDocument.Parse(ModelConfigJson.Write(ConfigText.Parse(ConfigText.Rich)));
        JsonElement root = document.RootElement;

        Assert.Equal(32, root.GetProperty("max_batch_size").GetInt32());
        Assert.Equal(-1, root.GetProperty("input")[0].GetProperty("dims")[0].GetInt64());
        Assert.Equal("TYPE_FP32", root.GetProperty("input")[0].GetProperty("data_type").GetString());
        Assert.Equal(
            250UL,
            root.GetProperty("dynamic_batching").GetProperty("max_queue_delay_microseconds").GetUInt64()
        );
        Assert.Equal("KIND_CPU", root.GetProperty("instance_group")[0].GetProperty("kind").GetString());
        Assert.Equal(
            "20",
            root.GetProperty("parameters").GetProperty("slo_p99_ms").GetProperty("string_value").GetString()
        );
        Assert.Equal(
            7U,
            root.GetProperty("dynamic_batching")
                .GetProperty("priority_queue_policy")
                .GetProperty("2")
                .GetProperty("max_queue_size")
                .GetUInt32()
        );
    }

    [Fact]
    public void Write_LargestIntegers_KeepEveryDigit()
    {
        ModelConfig config = new()
        {
            DynamicBatching = new ModelDynamicBatching { PriorityLevels = ulong.MaxValue },
            Input = { new ModelInput { Dims = { long.MinValue } } },
        };
        string json = ModelConfigJson.Write(config);
        Assert.Contains("\"priority_levels\":18446744073709551615", json, StringComparison.Ordinal);
        Assert.Contains("\"dims\":[-9223372036854775808]", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_EmptyConfiguration_HasDefaultsButNoChoicesAndNoMessages()
    {
        using JsonDocument document = JsonDocument.Parse(ModelConfigJson.Write(new ModelConfig()));
        JsonElement root = document.RootElement;

        Assert.Equal("", root.GetProperty("name").GetString());
        Assert.Equal(0, root.GetProperty("max_batch_size").GetInt32());
        Assert.Equal(0, root.GetProperty("input").GetArrayLength());
        Assert.Equal(JsonValueKind.Object, root.GetProperty("parameters").ValueKind);
        Assert.False(root.TryGetProperty("dynamic_batching", out _));
        Assert.False(root.TryGetProperty("version_policy", out _));
    }

    [Fact]
    public void Parse_WhatWriteGave_IsTheSameConfiguration()
    {
        foreach (ModelConfig config in ConfigText.Samples.Select(ConfigText.Parse))
        {
            ModelConfig back = ModelConfigJson.Parse(ModelConfigJson.Write(config));
            // Writing spells out an absent max_batch_size as 0.
            if (!config.HasMaxBatchSize)
            {
                back.ClearMaxBatchSize();
            }
            Assert.Equal(config, back);
        }
    }

    [Fact]
    public void Parse_CamelCaseAndIntegersAsStrings_AreTaken()
    {
        ModelConfig config = ModelConfigJson.Parse("""{"maxBatchSize": 4, "input": [{"dims": ["16"]}]}""");
        Assert.Equal(4, config.MaxBatchSize);
        Assert.Equal([16L], config.Input[0].Dims);
    }

    [Fact]
    public void Parse_OneValueOfARepeatedField_IsAListOfIt()
    {
        ModelConfig config = ModelConfigJson.Parse(
            """{"instance_group": {"count": 5}, "input": [{"name": "x", "dims": 16}], "parameters": {"a": {"string_value": "b"}}}"""
        );
        Assert.Equal(5, Assert.Single(config.InstanceGroup).Count);
        Assert.Equal([16L], config.Input[0].Dims);
        Assert.Equal("b", config.Parameters["a"].StringValue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"max_batch_size": "many"}""")]
    [InlineData("""{"max_batch_size": 1e99}""")]
    [InlineData("""{"max_batchsize": 3}""")]
    [InlineData("""{"input": 3}""")]
    [InlineData("""{"input": [null]}""")]
    [InlineData("""{"name": "\ud800"}""")]
    [InlineData("""{"name": "a"} x""")]
    [InlineData("""{"dynamic_batching": {}, "sequence_batching": {}}""")]
    public void Parse_NotAConfiguration_Throws(string json) =>
        Assert.Throws<ModelConfigException>(() => ModelConfigJson.Parse(json));

    [Fact]
    public void Parse_Truncated_ThrowsOnlyModelConfigExceptions()
    {
        string json = ModelConfigJson.Write(ConfigText.Parse(ConfigText.Rich));
        for (int length = 0; length < json.Length; length++)
        {
            Assert.Throws<ModelConfigException>(() => ModelConfigJson.Parse(json[..length]));
        }
    }

    [Fact]
    public void Parse_CharactersChanged_ThrowsOnlyModelConfigExceptions()
    {
        Random random = new(13);
        string json = ModelConfigJson.Write(ConfigText.Parse(ConfigText.Rich));
        for (int round = 0; round < 5000; round++)
        {
            char[] damaged = json.ToCharArray();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = "{}[]:,\"\\u0-9.eEtfn \0\uD800"[random.Next(21)];
            }
            Exception? exception = Record.Exception(() => ModelConfigJson.Parse(new string(damaged)));
            if (exception is not null)
            {
                Assert.IsType<ModelConfigException>(exception);
            }
        }
    }
}
