using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Sequences;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Replicas;

/// <summary>One version of a model that serves: an ONNX model, or an ensemble of others.</summary>
public interface IServedModel
{
    /// <summary>The model's name.</summary>
    string Name { get; }

    /// <summary>The version, a decimal number.</summary>
    string Version { get; }

    /// <summary><c>onnxruntime_onnx</c> or <c>ensemble</c>.</summary>
    string Platform { get; }

    /// <summary>ONNX Runtime's provider that serves it; empty for an ensemble.</summary>
    string ExecutionProvider { get; }

    /// <summary>
    /// What its operator should know of how it is served, such as why its requests do not share runs; empty where there
    /// is nothing.
    /// </summary>
    string Notice { get; }

    /// <summary>What a run takes and gives.</summary>
    ModelSignature Signature { get; }

    /// <summary>The <c>parameters</c> of its configuration.</summary>
    IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>How it serves sequences; null where its requests stand for themselves.</summary>
    SequencePolicy? Sequences { get; }

    /// <summary>How much it is used.</summary>
    UseScore Use { get; }

    /// <summary>Queues a request and takes it over; false, with nothing taken, once it is being unloaded.</summary>
    /// <param name="request">The request.</param>
    /// <param name="steps">Runs the steps of an ensemble; any other model has none.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <param name="answer">The answer, to be awaited once.</param>
    bool TryInfer(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken,
        out ValueTask<InferenceAnswer> answer
    );

    /// <summary>What it has done.</summary>
    InferenceStatistics ReadStatistics();

    /// <summary>Takes no more requests, answers those it has, and gives its resources back.</summary>
    Task DrainAsync();
}
