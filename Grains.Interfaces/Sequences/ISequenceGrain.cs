using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Sequences;

/// <summary>
/// One sequence of requests to a model, by <see cref="SequenceKey"/>. It runs them one after the other in the order of
/// their arrival, and keeps the model's state between them.
/// </summary>
[Alias("OrleansInference.ISequenceGrain")]
public interface ISequenceGrain : IGrainWithStringKey
{
    /// <summary>Runs the sequence's next request; takes its tensors over, errors come back in the answer.</summary>
    [Alias("Infer")]
    [ResponseTimeout("01:00:00")]
    Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the sequence because one of its requests has not run. No later one may run on a state that lacks it. Only a
    /// request with START begins it anew; others get the reason.
    /// </summary>
    /// <param name="reason">What became of that request, such as <c>was cancelled</c>.</param>
    [Alias("Break")]
    Task BreakAsync(string reason);
}
