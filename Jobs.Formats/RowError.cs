using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>Errors in the rows and columns of a file. Rows count from 0.</summary>
internal static class RowError
{
    /// <summary>The file as a whole.</summary>
    public static InferenceException Invalid(string path, string wrong) =>
        new(InferenceError.InvalidArgument, $"'{path}': {wrong}");

    /// <summary>A row.</summary>
    public static InferenceException Row(string path, long row, string wrong) =>
        new(InferenceError.InvalidArgument, $"row {row} of '{path}': {wrong}");

    /// <summary>A value that is none of the input's datatype.</summary>
    public static InferenceException Element(
        string path,
        long row,
        string column,
        BulkInput input,
        ReadOnlySpan<byte> text
    )
    {
        string value = System.Text.Encoding.UTF8.GetString(text.Length > 40 ? text[..40] : text);
        return Row(
            path,
            row,
            $"column '{column}' is '{value}', which is no "
                + $"{input.Datatype.WireName()} as input '{input.Name}' takes"
        );
    }
}
