using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Sequences;

/// <summary>
/// A tensor that the model gives with each request and gets back with the next one of the same sequence.
/// </summary>
/// <param name="Input">The input that takes it.</param>
/// <param name="OutputName">The output that gives it.</param>
/// <param name="InitialShape">Its shape with the first request, the batch of 1 included.</param>
/// <param name="Initial">Its contents with the first request.</param>
/// <param name="IsOutput">Whether callers get it too, because the configuration lists it among the outputs.</param>
public sealed record SequenceStateSpec(
    TensorSpec Input,
    string OutputName,
    long[] InitialShape,
    byte[] Initial,
    bool IsOutput
);
