using System.Text.Json.Serialization;

namespace OrleansInference.AspNetBaseline;

[JsonSerializable(typeof(string))]
internal sealed partial class ErrorText : JsonSerializerContext;
