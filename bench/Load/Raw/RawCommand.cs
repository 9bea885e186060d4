using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Raw;

internal static class RawCommand
{
    public static readonly string[] Options = ["data", "model", "input", "seconds"];

    public static int Run(ArgumentSet arguments, CancellationToken cancellation)
    {
        var seconds = arguments.Number("seconds", 1, 0.1);
        IEnumerable<(string Name, ModelFile Model)> models = arguments.Find("model") is { } path
            ? [(Path.GetFileNameWithoutExtension(path), ModelFile.Open(path, arguments.Required("input")))]
            : SampleModels.Open(arguments.Text("data", SampleModels.DefaultFolder));
        foreach (var (name, model) in models)
        {
            Measure(name, model, seconds, cancellation);
        }
        return 0;
    }

    private static void Measure(string name, ModelFile model, double seconds, CancellationToken cancellation)
    {
        Console.WriteLine($"{name}: {string.Join('×', model.Shape(1))} → {string.Join(", ", model.OutputNames)}");
        Console.WriteLine("batch  intra-op  callers      rows/s");
        var best = (Rows: 0.0, Setting: default(RawSetting));
        int[] batches = model.CanBatch ? [1, 8, 32] : [1];
        foreach (var batch in batches)
        {
            for (var threads = 1; threads <= 2; threads++)
            {
                for (var callers = 1; callers <= 2; callers++)
                {
                    var setting = new RawSetting(batch, threads, callers);
                    var rows = RawReference.RowsPerSecond(model, setting, seconds, cancellation);
                    Console.WriteLine($"{batch, 5}  {threads, 8}  {callers, 7}  {rows, 10:F1}");
                    if (rows > best.Rows)
                    {
                        best = (rows, setting);
                    }
                }
            }
        }

        Console.WriteLine($"best: {best.Rows:F1} rows/s at {best.Setting}\n");
    }
}
