namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>
/// A model configuration cannot be read. The message starts with the place: <c>config.pbtxt:LINE:COLUMN: </c>.
/// </summary>
public sealed class ModelConfigException : Exception
{
    internal ModelConfigException(string fileName, int line, int column, string problem)
        : base($"{fileName}:{line}:{column}: {problem}")
    {
        Line = line;
        Column = column;
    }

    internal ModelConfigException(string problem, Exception innerException)
        : base(problem, innerException) { }

    /// <summary>The line, from 1; 0 where there is no place to name, as in JSON.</summary>
    public int Line { get; }

    /// <summary>The column in UTF-16 characters, from 1; 0 where there is no place to name.</summary>
    public int Column { get; }
}
