using System.Text;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

public sealed class ModelConfigReaderTests
{
    [Fact]
    public void Parse_Empty_IsAnEmptyConfiguration()
    {
        Assert.Equal(new ModelConfig(), ConfigText.Parse(""));
        Assert.Equal(new ModelConfig(), ConfigText.Parse(" \t\r\n# only a comment"));
        Assert.False(ConfigText.Parse("").HasMaxBatchSize);
        Assert.True(ConfigText.Parse("max_batch_size: 0").HasMaxBatchSize);
    }

    [Fact]
    public void Parse_ByteOrderMark_IsSkipped() =>
        Assert.Equal("a", ModelConfigReader.Parse([0xEF, 0xBB, 0xBF, .. "name: 'a'"u8], "config.pbtxt").Name);

    [Fact]
    public void Parse_EveryKindOfField_GivesItsValue()
    {
        ModelConfig config = ConfigText.Parse(ConfigText.Rich);

        Assert.Equal(("rich", "onnxruntime_onnx", 32), (config.Name, config.Platform, config.MaxBatchSize));
        Assert.Equal([-1L, 3], config.Input[0].Dims);
        Assert.True(config.Input[0].Optional);
        Assert.Equal(DataType.TypeInt64, config.Input[1].DataType);
        Assert.Equal([8L, 4], config.Input[1].Dims);
        Assert.Empty(config.Input[1].Reshape.Shape);
        Assert.Equal("labels.txt", config.Output[0].LabelFilename);
        Assert.Equal([1L, 2], config.VersionPolicy.Specific.Versions);
        Assert.Equal([4, 8], config.DynamicBatching.PreferredBatchSize);
        Assert.Equal(250UL, config.DynamicBatching.MaxQueueDelayMicroseconds);
        Assert.Equal(
            ModelQueuePolicy.Types.TimeoutAction.Delay,
            config.DynamicBatching.DefaultQueuePolicy.TimeoutAction
        );
        Assert.Equal(7U, config.DynamicBatching.PriorityQueuePolicy[2].MaxQueueSize);
        Assert.Equal(ModelInstanceGroup.Types.Kind.Cpu, config.InstanceGroup[0].Kind);
        Assert.Equal([-1, 0], config.InstanceGroup[0].Gpus);
        Assert.Equal("20", config.Parameters["slo_p99_ms"].StringValue);
        Assert.Equal("", config.Parameters["empty"].StringValue);
        Assert.True(config.ModelWarmup[0].Inputs["a"].RandomData);
        Assert.False(config.Optimization.Cuda.Graphs);
        Assert.True(config.Optimization.Cuda.BusyWaitEvents);
        Assert.Equal(
            [0.5, 1, 25, 1, -1.5, double.PositiveInfinity, double.NegativeInfinity, double.NaN],
            config.ModelMetrics.MetricControl[0].HistogramOptions.Buckets
        );
    }

    [Fact]
    public void Parse_SequenceBatching_GivesItsFields()
    {
        ModelSequenceBatching sequence = ConfigText.Parse(ConfigText.Sequence).SequenceBatching;

        Assert.Equal(0.5F, sequence.Direct.MinimumSlotUtilization);
        Assert.Equal([0F, 1F], sequence.ControlInput[0].Control[0].Fp32FalseTrue);
        Assert.True(sequence.State[0].InitialState[0].ZeroData);
    }

    [Fact]
    public void Parse_EnumByName_TakesEveryValue() =>
        Assert.All(
            Enum.GetValues<DataType>(),
            type => Assert.Equal(type, ConfigText.Parse($"input {{ data_type: {(int)type} }}").Input[0].DataType)
        );

    [Theory]
    [InlineData("""name: "a\tb\n\"\'\\\?" """, "a\tb\n\"'\\?")]
    [InlineData("""name: "\x41\102\x4a" """, "ABJ")]
    [InlineData("""name: "\303\274ü\u00fc\U0001F600" """, "üüü😀")]
    [InlineData("""name: 'it is "quoted"' # comment """, "it is \"quoted\"")]
    [InlineData("""name: "a" # between """ + "\n 'b'", "ab")]
    [InlineData("""name: "" """, "")]
    public void Parse_String_UndoesItsEscapes(string text, string expected) =>
        Assert.Equal(expected, ConfigText.Parse(text).Name);

    [Theory]
    [InlineData("max_batch_size: -2147483648", int.MinValue)]
    [InlineData("max_batch_size: 0x7fffffff", int.MaxValue)]
    [InlineData("max_batch_size: 017", 15)]
    [InlineData("max_batch_size : # here\n - # and here\n 3", -3)]
    public void Parse_Integer_TakesEveryNotation(string text, int expected) =>
        Assert.Equal(expected, ConfigText.Parse(text).MaxBatchSize);

    [Theory]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("0xFFFFFFFFFFFFFFFF", ulong.MaxValue)]
    [InlineData("01777777777777777777777", ulong.MaxValue)]
    [InlineData("-0", 0)]
    public void Parse_UnsignedInteger_TakesItsWholeRange(string text, ulong expected) =>
        Assert.Equal(
            expected,
            ConfigText.Parse($"dynamic_batching {{ priority_levels: {text} }}").DynamicBatching.PriorityLevels
        );

    [Fact]
    public void Parse_MapKeyGivenTwice_LastCounts() =>
        Assert.Equal(
            "2",
            ConfigText.Parse("metric_tags { key: 'a' value: '1' } metric_tags { key: 'a' value: '2' }").MetricTags["a"]
        );

    [Fact]
    public void Parse_ModelsThatShip_AreNamedAfterTheirFolders()
    {
        string[] files = [.. ConfigText.ShippedFiles()];
        Assert.SkipUnless(files.Length > 0, "needs the repository's models folder above the test's own");
        foreach (string file in files)
        {
            Assert.Equal(
                Path.GetFileName(Path.GetDirectoryName(file)),
                ModelConfigReader.Parse(File.ReadAllBytes(file), file).Name
            );
        }
    }

    [Fact]
    public void Parse_PublicExamples_GiveTheirModels()
    {
        string[] files = [.. ConfigText.PublicFiles()];
        Assert.SkipUnless(
            files.Length > 0,
            "needs ../shared/data/models/triton-examples, which is not part of the repository"
        );
        foreach (string file in files)
        {
            ModelConfig config = ModelConfigReader.Parse(File.ReadAllBytes(file), file);
            Assert.Equal(Path.GetFileName(Path.GetDirectoryName(file)), config.Name);
            Assert.Equal(8, config.MaxBatchSize);
            Assert.NotEmpty(config.Input);
        }
    }

    [Fact]
    public void Parse_WireFormatOfAParsedConfiguration_IsTheSameConfiguration()
    {
        foreach (ModelConfig config in ConfigText.Samples.Select(ConfigText.Parse))
        {
            Assert.Equal(config, ModelConfig.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(config)));
        }
    }

    [Fact]
    public void Parse_NotUtf8_SaysWhichByteAndWhere()
    {
        ModelConfigException exception = Assert.Throws<ModelConfigException>(() =>
            ModelConfigReader.Parse([.. "name:\n'"u8, 0xFF, .. "'"u8], "config.pbtxt")
        );
        Assert.Equal("config.pbtxt:2:2: the file is not UTF-8: byte 0xFF", exception.Message);
        exception = Assert.Throws<ModelConfigException>(() =>
            ModelConfigReader.Parse(Encoding.Unicode.GetBytes("name: 'ÿ'"), "config.pbtxt")
        );
        Assert.StartsWith("config.pbtxt:1:", exception.Message, StringComparison.Ordinal);
    }
}
