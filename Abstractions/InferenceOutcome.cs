using System.Diagnostics.CodeAnalysis;

namespace OrleansInference;

/// <summary>What became of one of many requests: a result, or the reason why there is none.</summary>
public sealed class InferenceOutcome : IDisposable
{
    /// <summary>An answered request.</summary>
    public InferenceOutcome(InferenceResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Id = result.Id;
        Result = result;
    }

    /// <summary>A refused or failed request.</summary>
    /// <param name="id">The request's id.</param>
    /// <param name="exception">Why.</param>
    public InferenceOutcome(string id, InferenceException exception)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(exception);
        Id = id;
        Exception = exception;
    }

    /// <summary>The request's id.</summary>
    public string Id { get; }

    /// <summary>The answer; null where the request was refused or has failed.</summary>
    public InferenceResult? Result { get; }

    /// <summary>Why there is no answer; null where there is one.</summary>
    public InferenceException? Exception { get; }

    /// <summary>Whether there is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Result))]
    [MemberNotNullWhen(false, nameof(Exception))]
    public bool IsSuccess => Result is not null;

    /// <summary>The answer.</summary>
    /// <exception cref="InferenceException">There is none.</exception>
    public InferenceResult EnsureSuccess() => IsSuccess ? Result : throw Exception;

    /// <summary>Releases the answer's outputs.</summary>
    public void Dispose() => Result?.Dispose();
}
