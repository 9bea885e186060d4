namespace OrleansInference.Jobs.Formats;

/// <summary>Writes a file's rows in order.</summary>
public interface IRowWriter
{
    /// <summary>Appends rows, with the same columns at every call.</summary>
    /// <param name="rows">How many, from 1.</param>
    /// <param name="columns">The outputs, each with that many rows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask WriteAsync(int rows, OutputColumn[] columns, CancellationToken cancellationToken);

    /// <summary>Writes what is missing to a whole file.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
