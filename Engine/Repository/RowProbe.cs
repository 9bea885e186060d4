using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Runs made-up rows together, in both orders, and alone: ordinary, large, tiny and negative ones. It can show that
/// rows meet, never that they do not. So it only guards what the graph has proven, or the operator has configured.
/// </summary>
/// <param name="signature">Of a model that batches.</param>
/// <param name="run">Runs a request on the model.</param>
/// <param name="rounds">Whether the model rounds to few levels.</param>
internal sealed class RowProbe(ModelSignature signature, Func<QueuedInference, OutputBlock[]> run, bool rounds)
{
    /// <summary>Factors of the made-up rows' floats.</summary>
    private static readonly float[] Magnitudes = [1, 300, 1e-4f, -1, -40];

    /// <summary>What a float loses in rounding, as a share of the numbers that it was computed from.</summary>
    private const double RoundingShare = 1e-6;

    /// <summary>
    /// Runs of one row that <see cref="Difference"/> takes for a number of rows: each alone, and all of them twice.
    /// </summary>
    public static int RunsOf(int rows) => 3 * rows;

    /// <summary>How rows that run together differ from rows alone; null where they do not.</summary>
    /// <param name="rows">How many rows, 2 to 5.</param>
    /// <param name="freeDimension">The size of free dimensions.</param>
    /// <exception cref="OnnxRuntimeException">The model does not run on a row alone.</exception>
    public string? Difference(int rows, int freeDimension)
    {
        QueuedInference Row(int row) =>
            SyntheticInputs.Create(signature, 1, freeDimension, seed: 11 + row, Magnitudes[row]);
        QueuedInference[] alone = [.. Enumerable.Range(0, rows).Select(Row)];
        List<OutputBlock[]> answers = [];
        try
        {
            foreach (QueuedInference row in alone)
            {
                answers.Add(run(row));
            }
            return Together(alone, answers) ?? Together([.. alone.Reverse()], [.. answers.AsEnumerable().Reverse()]);
        }
        finally
        {
            foreach (OutputBlock[] blocks in answers)
            {
                Release(blocks);
            }
        }
    }

    private string? Together(QueuedInference[] rows, List<OutputBlock[]> alone)
    {
        OutputBlock[] together;
        try
        {
            together = run(SyntheticInputs.Concat(signature, rows));
        }
        catch (OnnxRuntimeException exception)
        {
            return $"rows that run alone fail together: {exception.Message}";
        }

        try
        {
            return together
                .Select((block, output) => Compare(block, output, [.. alone.Select(blocks => blocks[output])]))
                .FirstOrDefault(difference => difference is not null);
        }
        finally
        {
            Release(together);
        }
    }

    private string? Compare(OutputBlock together, int output, OutputBlock[] alone)
    {
        TensorSpec spec = signature.Outputs[output];
        bool rowForRow =
            together.Shape is [var all, ..] && all == alone.Length && alone.All(block => block.Shape is [1, ..]);
        if (!rowForRow)
        {
            return $"output '{spec.Name}' has shape {TensorShape.Format(together.Shape)} for {alone.Length} rows";
        }
        if (together.Buffer.Length != alone.Sum(block => block.Buffer.Length))
        {
            return $"output '{spec.Name}' has another size together than alone";
        }
        // A row whose output is nearly nothing beside the others' is compared with what they lose in rounding.
        double noise = RoundingShare * alone.Max(block => RowComparison.Largest(block.Buffer.Span, spec.Datatype));
        int offset = 0;
        foreach (OutputBlock block in alone)
        {
            ReadOnlySpan<byte> batched = together.Buffer.Span.Slice(offset, block.Buffer.Length);
            if (RowComparison.Difference(batched, block.Buffer.Span, spec.Datatype, rounds, noise) is { } difference)
            {
                return $"output '{spec.Name}' has {difference}";
            }
            offset += block.Buffer.Length;
        }

        return null;
    }

    private static void Release(OutputBlock[] blocks)
    {
        foreach (OutputBlock block in blocks)
        {
            block.Buffer.Dispose();
        }
    }
}
