using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

/// <summary>Every mistake says where it is and what would be right.</summary>
public sealed class ModelConfigErrorTests
{
    [Fact]
    public void Parse_UnknownField_SuggestsTheNearestAndListsAll()
    {
        ModelConfigException exception = ConfigText.Refused("name: \"a\"\n  max_batchsize: 3");
        Assert.Equal((2, 3), (exception.Line, exception.Column));
        Assert.StartsWith(
            "config.pbtxt:2:3: unknown field 'max_batchsize' in inference.ModelConfig (did you mean "
                + "'max_batch_size'?); known fields: name, platform, ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "unknown field 'x' in inference.ModelVersionPolicy.All; it has no fields",
            ConfigText.Refused("version_policy { all { x: 1 } }").Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    // Values of another type.
    [InlineData("max_batch_size: 'a'", "1:17: 'max_batch_size' is an integer, found a string")]
    [InlineData("max_batch_size: 1.5", "1:17: 'max_batch_size' is an integer, found '1.5'")]
    [InlineData("max_batch_size: true", "1:17: 'max_batch_size' is an integer, found 'true'")]
    [InlineData("max_batch_size: { }", "1:17: 'max_batch_size' is an integer, found '{'")]
    [InlineData("name: a", "1:7: 'name' is a string in quotes, found 'a'")]
    [InlineData("name: 3", "1:7: 'name' is a string in quotes, found '3'")]
    [InlineData("name:", "1:6: 'name' is a string in quotes, found the end of the file")]
    [InlineData("input: 3", "1:8: expected '{' to begin 'input', found '3'")]
    [InlineData("input { optional: yes }", "1:19: 'optional' is true or false, found 'yes'")]
    [InlineData("input { optional: 2 }", "1:19: 'optional' is true or false, found '2'")]
    [InlineData(
        "sequence_batching { direct { minimum_slot_utilization: 0x1 } }",
        "1:56: 'minimum_slot_utilization' is a number, found '0x1'"
    )]
    [InlineData(
        "sequence_batching { direct { minimum_slot_utilization: much } }",
        "1:56: 'minimum_slot_utilization' is a number, found 'much'"
    )]
    // Numbers out of range or malformed.
    [InlineData(
        "max_batch_size: 2147483648",
        "1:17: 2147483648 is out of range for 'max_batch_size': -2147483648 to 2147483647"
    )]
    [InlineData(
        "max_batch_size: -2147483649",
        "1:18: -2147483649 is out of range for 'max_batch_size': -2147483648 to 2147483647"
    )]
    [InlineData(
        "input { dims: 9223372036854775808 }",
        "1:15: 9223372036854775808 is out of range for 'dims': -9223372036854775808 to 9223372036854775807"
    )]
    [InlineData(
        "input { dims: -99999999999999999999 }",
        "1:16: -99999999999999999999 is out of range for 'dims': -9223372036854775808 to 9223372036854775807"
    )]
    [InlineData("model_warmup { count: -1 }", "1:24: -1 is out of range for 'count': 0 to 4294967295")]
    [InlineData(
        "dynamic_batching { priority_levels: 0x10000000000000000 }",
        "1:37: 0x10000000000000000 is out of range for 'priority_levels': 0 to 18446744073709551615"
    )]
    [InlineData("max_batch_size: 10abc", "1:17: '10abc' is not a number")]
    [InlineData("max_batch_size: 08", "1:17: '08' is not a number")]
    [InlineData("max_batch_size: 0x", "1:17: '0x' is not a number")]
    [InlineData("max_batch_size: 1.2.3", "1:17: '1.2.3' is not a number")]
    // Enums.
    [InlineData(
        "input { format: FORMAT_NHCW }",
        "1:17: 'FORMAT_NHCW' is not a value of 'format' (did you mean 'FORMAT_NHWC'?); allowed "
            + "values: FORMAT_NONE, FORMAT_NHWC, FORMAT_NCHW"
    )]
    [InlineData(
        "input { format: 7 }",
        "1:17: '7' is not a value of 'format'; allowed values: FORMAT_NONE, FORMAT_NHWC, FORMAT_NCHW"
    )]
    [InlineData(
        "input { format: 'FORMAT_NHWC' }",
        "1:17: a string is not a value of 'format' (did you mean 'FORMAT_NHWC'?); allowed "
            + "values: FORMAT_NONE, FORMAT_NHWC, FORMAT_NCHW"
    )]
    // Given twice.
    [InlineData("name: 'a'\nname: 'b'", "2:1: 'name' of inference.ModelConfig is given twice, first in line 1")]
    [InlineData(
        "dynamic_batching { }\nsequence_batching { }",
        "2:1: 'sequence_batching' excludes 'dynamic_batching' of line 1: inference.ModelConfig "
            + "takes one of dynamic_batching, sequence_batching, ensemble_scheduling"
    )]
    [InlineData(
        "metric_tags { key: 'a' key: 'b' }",
        "1:24: 'key' of inference.ModelConfig.MetricTagsEntry is given twice, first in line 1"
    )]
    // Braces, brackets, separators.
    [InlineData("input {\n  name: 'a'\n", "3:1: missing '}' for the '{' in line 1")]
    [InlineData("input <", "1:8: missing '>' for the '<' in line 1")]
    [InlineData("input { > ", "1:9: expected a field of inference.ModelInput or '}', found '>'")]
    [InlineData("name: 'a' }", "1:11: expected a field of inference.ModelConfig, found '}'")]
    [InlineData("name 'a'", "1:6: expected ':' after 'name', found a string")]
    [InlineData("input { dims [ 1 ] }", "1:14: expected ':' after 'dims', found '['")]
    [InlineData("input { dims: [ 1 2 ] }", "1:19: expected ',' or ']' in the list of 'dims', found '2'")]
    [InlineData("input { dims: [ 1, ] }", "1:20: 'dims' is an integer, found ']'")]
    [InlineData("input { dims: [ 1", "1:18: expected ',' or ']' in the list of 'dims', found the end of the file")]
    [InlineData("name: [ 'a' ]", "1:7: 'name' takes one value, not a list")]
    [InlineData("input { dims: [ [ 1 ] ] }", "1:17: 'dims' is an integer, found '['")]
    [InlineData("name: 'a',, platform: 'b'", "1:11: expected a field of inference.ModelConfig, found ','")]
    [InlineData("[com.example.extension]: 1", "1:1: extensions and Any are not supported here")]
    [InlineData("name: 'a' $", "1:11: unexpected '$'")]
    [InlineData("name: 'a' \0", "1:11: unexpected character U+0000")]
    // Strings.
    [InlineData("name: 'a", "1:7: the string is not closed: no ' before the end of its line")]
    [InlineData("name: \"a\n\"", "1:7: the string is not closed: no \" before the end of its line")]
    [InlineData("name: 'a\\", "1:7: the string is not closed: no ' before the end of its line")]
    [InlineData("""name: "ab\q" """, "1:10: '\\' is not an escape")]
    [InlineData("""name: "\x" """, "1:8: '\\x' is not an escape")]
    [InlineData("""name: "\u12" """, "1:8: '\\u12' is not an escape")]
    [InlineData("""name: "\ud800" """, "1:8: '\\ud800' is not an escape")]
    [InlineData("""name: "\400" """, "1:8: '\\400' is not an escape")]
    [InlineData("""name: "\xff" """, "1:7: the escapes in 'name' do not make UTF-8")]
    public void Parse_Mistake_SaysWhereAndWhat(string text, string expected) =>
        Assert.Equal("config.pbtxt:" + expected, ConfigText.Refused(text).Message);
}
