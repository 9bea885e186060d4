using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.RowIndependence;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Whether a model's requests may share runs and be split. Unasked only where the graph proves that rows are
/// independent; where the configuration says <c>max_batch_size</c>, the operator answers for it. See docs/adr/0005.
/// </summary>
/// <param name="Signature">What the model takes and gives, batched or not.</param>
/// <param name="IsConfigured">Whether the operator decided.</param>
/// <param name="Rounds">Whether the model rounds to few levels, so that answers may differ by one.</param>
/// <param name="Notice">Why requests run one at a time, or what is wrong with the configured batching; empty for
/// nothing.</param>
internal sealed record BatchingChoice(ModelSignature Signature, bool IsConfigured, bool Rounds, string Notice)
{
    private const string Advice = "say max_batch_size: N in config.pbtxt if its rows are independent";

    /// <summary>The choice from the file and its configuration.</summary>
    /// <exception cref="ModelLoadException">The file is no whole ONNX model.</exception>
    public static BatchingChoice Make(string path, ModelConfig config, ModelSignature signature)
    {
        bool configured = config.HasMaxBatchSize || config.Input.Count > 0;
        if (!signature.IsBatched)
        {
            return new BatchingChoice(signature, configured, Rounds: false, "");
        }
        RowProof proof = Prove(path);
        BatchingChoice choice = new(signature, configured, proof.Rounds, "");
        return configured || proof.IsProven
            ? choice
            : choice.Refused($"it could not be proven that its rows are independent: {proof.Reason}");
    }

    /// <summary>Whether another file of the model, a variant, may run in the original's place.</summary>
    /// <exception cref="ModelLoadException">The file is no whole ONNX model.</exception>
    public bool Allows(string path) => IsConfigured || !Signature.IsBatched || Prove(path).IsProven;

    /// <summary>The choice after the probe of made-up rows.</summary>
    public BatchingChoice After(string? difference)
    {
        if (difference is null || !Signature.IsBatched)
        {
            return this;
        }
        string configured =
            $"max_batch_size is {Signature.MaxBatchSize}, but its rows influence each other ({difference})";
        return IsConfigured
            ? this with
            {
                Notice = $"{configured}: batching changes its answers; set max_batch_size: 0",
            }
            : Refused($"made-up rows influenced each other ({difference})");
    }

    private BatchingChoice Refused(string reason) =>
        this with
        {
            Signature = Signature.Unbatched(),
            Notice = $"requests run one at a time: {reason}; {Advice}",
        };

    private static RowProof Prove(string path)
    {
        try
        {
            return RowIndependenceProver.Prove(OnnxGraphReader.Read(path));
        }
        catch (OnnxFormatException exception)
        {
            throw new ModelLoadException(exception.Message, exception);
        }
    }
}
