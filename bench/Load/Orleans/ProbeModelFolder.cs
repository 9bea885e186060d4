namespace OrleansInference.Load.Orleans;

/// <summary>
/// Writes a model repository of <see cref="ProbeModel"/>s, one request to a run: batching would share the cost that is
/// to be measured.
/// </summary>
internal static class ProbeModelFolder
{
    private static readonly (string Name, long[] Row)[] Models = [("probe3k", [784]), ("probe602k", [3, 224, 224])];

    /// <summary>
    /// Writes the models and returns, for each, its name, input shape and bytes of a request's tensor.
    /// </summary>
    public static IEnumerable<(string Name, string Shape, long Bytes)> Write(string folder)
    {
        foreach (var (name, row) in Models)
        {
            var version = Directory.CreateDirectory(Path.Combine(folder, name, "1")).FullName;
            File.WriteAllBytes(Path.Combine(version, "model.onnx"), ProbeModel.Create(row));
            File.WriteAllText(Path.Combine(folder, name, "config.pbtxt"), "max_batch_size: 1\n");
            yield return (
                name,
                string.Join(',', row.Prepend(1)),
                row.Aggregate(1L, (product, size) => product * size) * sizeof(float)
            );
        }
    }
}
