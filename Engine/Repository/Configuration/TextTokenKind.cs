namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What a piece of protobuf's text format is.</summary>
internal enum TextTokenKind
{
    End,
    Identifier,
    Integer,
    Float,
    String,
    Symbol,
}
