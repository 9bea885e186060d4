using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Replicas;

/// <summary>Runs a batch on an engine thread; what fails in it is an answer, never an exception.</summary>
internal sealed class BatchExecutor(ReplicaSpec spec, BatchAnswers answers, EngineClock clock)
{
    /// <summary>Runs rows of batches again alone now and then; null where nothing is audited.</summary>
    public RowAudit? Audit { get; set; }

    /// <summary>Told why, when a run did not give a row of output for each row of input.</summary>
    public Action<string>? OnRowsMissing { get; init; }

    /// <summary>
    /// Runs a batch (step 13) and completes its requests, unless some of their rows are still to run.
    /// </summary>
    /// <param name="session">Held by the caller.</param>
    /// <param name="entries">The batch.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="batch">Ended here, before its options could serve another run.</param>
    /// <param name="thread">The engine thread's own state.</param>
    /// <returns>Seconds of the run, or null when it failed.</returns>
    public double? Execute(
        ModelSession session,
        List<BatchEntry<QueuedInference>> entries,
        int rows,
        RunningBatch batch,
        EngineThread thread
    )
    {
        TimeSpan start = clock.Now;
        using Activity? activity = EngineActivity.StartBatch(spec.Name, entries);
        OutputBlock[] blocks;
        try
        {
            blocks = thread.Run.Execute(session, spec.Signature, entries, rows, thread.RunOptions, clock);
        }
        catch (Exception exception)
        {
            // Whatever ONNX Runtime throws ends here as an answer; an engine thread never dies of a request.
            batch.End();
            if (batch.IsTerminated)
            {
                thread.RenewRunOptions();
            }
            if (entries.Count == 1 || batch.IsTerminated)
            {
                Fail(entries, exception);
            }
            else
            {
                ExecuteAlone(session, entries, thread);
            }
            return null;
        }

        batch.End();
        if (batch.IsTerminated)
        {
            thread.RenewRunOptions();
        }
        if (answers.MissingRows(entries, blocks, rows) is { } missing)
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
            OnRowsMissing?.Invoke(missing);
            // The rows that come out follow from the data, and nobody can tell whose they are.
            List<BatchEntry<QueuedInference>> whole =
            [
                .. entries.Select(entry => new BatchEntry<QueuedInference>(entry.Request, 0, entry.Request.Rows)),
            ];
            ExecuteAlone(session, whole, thread);
            return null;
        }

        TimeSpan elapsed = clock.Now - start;
        try
        {
            if (rows > 1 && Audit is { } audit && BatchAnswers.HasRows(blocks, rows))
            {
                audit.Sample(entries, blocks, rows);
            }
            answers.Split(entries, blocks, rows, start, thread.Run);
        }
        catch (Exception exception)
            when (exception is InvalidDataException or OverflowException or OutOfMemoryException)
        {
            Fail(entries, exception);
            return null;
        }
        finally
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
        }

        return elapsed.TotalSeconds;
    }

    /// <summary>One bad request fails the whole run: run each by itself, so that only the bad one fails.</summary>
    private void ExecuteAlone(ModelSession session, List<BatchEntry<QueuedInference>> entries, EngineThread thread)
    {
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            if (!entry.Request.IsCompleted)
            {
                Execute(session, [entry], entry.Rows, new RunningBatch(thread.RunOptions, 1), thread);
            }
        }
    }

    private void Fail(List<BatchEntry<QueuedInference>> entries, Exception exception)
    {
        InferenceError error =
            exception is OnnxRuntimeException { Message: var text }
            && text.Contains("[ErrorCode:InvalidArgument]", StringComparison.Ordinal)
                ? InferenceError.InvalidArgument
                : InferenceError.Internal;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            QueuedInference request = entry.Request;
            string message = $"inference failed: {exception.Message}";
            answers.Give(request, InferenceAnswer.Failure(request.Request, error, message), inline: false);
        }
    }
}
