using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Cli.Inputs;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Optimization;
using Spectre.Console;
using Spectre.Console.Cli;
using ModelMetadata = OrleansInference.ModelMetadata;

namespace OrleansInference.Cli.Commands.Optimize;

/// <summary>
/// <c>oinf optimize</c>: makes variants of a model (optimised graph, FP16, dynamic INT8) beside it. It measures what
/// each gains in time and loses in accuracy on the user's rows, and writes <c>variants.json</c>. A server chooses from
/// it within the model's <c>max_accuracy_loss</c>.
/// </summary>
internal sealed class OptimizeCommand(IAnsiConsole console, TextWriter output) : Command<OptimizeSettings>
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <inheritdoc />
    public override int Execute(CommandContext context, OptimizeSettings settings, CancellationToken cancellationToken)
    {
        if (!File.Exists(settings.Model))
        {
            throw new CliException($"there is no file '{settings.Model}'", CliException.Usage);
        }
        string path = Path.GetFullPath(settings.Model);
        string folder = Path.GetDirectoryName(path)!;
        try
        {
            List<VariantReport> reports = [];
            using (ModelRunner original = new(path, GraphOptimizationLevel.ORT_ENABLE_ALL))
            {
                ModelMetadata metadata = original.Metadata(Path.GetFileName(path));
                Tensor[] rows =
                    settings.Inputs.Length > 0
                        ? [.. settings.Inputs.Select(input => TensorArgument.Read(input, metadata))]
                        : MakeInputs(metadata, settings.Rows);
                Tensor[] one = MakeInputs(metadata, 1);
                Tensor[] batch = MakeInputs(metadata, settings.Rows);
                Reference reference = new(rows, one, batch, original.Run(rows));
                reports.Add(
                    new VariantReport(
                        ModelVariants.Original,
                        Path.GetFileName(path),
                        new FileInfo(path).Length,
                        original.Milliseconds(one),
                        original.Milliseconds(batch),
                        0,
                        0
                    )
                );
                foreach (string name in settings.Variants.Split(',', StringSplitOptions.TrimEntries))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    reports.Add(MakeVariant(name, path, folder, reference));
                }

                foreach (
                    (string name, GraphOptimizationLevel level) in new[]
                    {
                        ("without graph optimisation", GraphOptimizationLevel.ORT_DISABLE_ALL),
                        ("basic graph optimisation", GraphOptimizationLevel.ORT_ENABLE_BASIC),
                        ("extended graph optimisation", GraphOptimizationLevel.ORT_ENABLE_EXTENDED),
                    }
                )
                {
                    reports.Add(Level(name, level, path, reference));
                }
            }

            ModelVariants.Write(
                folder,
                reports
                    .Where(report =>
                        report.Problem.Length == 0 && report.File.Length > 0 && report.Name != ModelVariants.Original
                    )
                    .Select(report => new ModelVariant(report.Name, report.File, Math.Round(report.AccuracyLoss, 6)))
            );
            Show(settings, reports, folder);
            return 0;
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidProtocolBufferException)
        {
            throw new CliException($"'{settings.Model}' cannot be used: {exception.Message}");
        }
    }

    private static Tensor[] MakeInputs(ModelMetadata metadata, int rows) =>
        [.. metadata.Inputs.Select(input => TensorArgument.Synthetic(input, rows, new Random(rows)))];

    private static VariantReport MakeVariant(string name, string path, string folder, Reference reference)
    {
        string file = $"{Path.GetFileNameWithoutExtension(path)}.{name}.onnx";
        string made = Path.Combine(folder, file);
        try
        {
            // An optimised graph is saved at the level that holds on every machine.
            if (name == "graph")
            {
                new ModelRunner(path, GraphOptimizationLevel.ORT_ENABLE_EXTENDED, made).Dispose();
            }
            else
            {
                File.WriteAllBytes(
                    made,
                    Converted(name, ModelProto.Parser.ParseFrom(File.ReadAllBytes(path))).ToByteArray()
                );
            }
            using ModelRunner runner = new(made, GraphOptimizationLevel.ORT_ENABLE_ALL);
            return Compare(name, file, new FileInfo(made).Length, runner, reference);
        }
        catch (Exception exception) when (exception is NotSupportedException or OnnxRuntimeException)
        {
            File.Delete(made);
            return new VariantReport(name, "", 0, 0, 0, 0, 0, exception.Message);
        }
    }

    private static VariantReport Level(string name, GraphOptimizationLevel level, string path, Reference reference)
    {
        using ModelRunner runner = new(path, level);
        return Compare(name, "", 0, runner, reference);
    }

    private static ModelProto Converted(string name, ModelProto model)
    {
        if (name == "fp16")
        {
            return HalfPrecision.Convert(model);
        }
        ModelProto quantised = DynamicInt8.Convert(model, out int nodes);
        return nodes > 0
            ? quantised
            : throw new NotSupportedException("it has no MatMul, Gemm or Conv with constant weights to quantise");
    }

    private static VariantReport Compare(string name, string file, long bytes, ModelRunner runner, Reference reference)
    {
        (float[][] outputs, int rows) = runner.Run(reference.Rows);
        (double loss, double difference) = Loss(reference.Outputs.Outputs, outputs, rows);
        return new VariantReport(
            name,
            file,
            bytes,
            runner.Milliseconds(reference.One),
            runner.Milliseconds(reference.Batch),
            loss,
            difference
        );
    }

    /// <summary>The accuracy loss and the mean difference between a variant's outputs and the original's.</summary>
    private static (double Loss, double MeanDifference) Loss(float[][] expected, float[][] actual, int rows)
    {
        double difference = 0;
        double size = 0;
        long count = 0;
        foreach ((float[] one, float[] other) in expected.Zip(actual))
        {
            for (int i = 0; i < one.Length; i++)
            {
                difference += Math.Abs(one[i] - other[i]);
                size += Math.Abs(one[i]);
                count++;
            }
        }

        double mean = count == 0 ? 0 : difference / count;
        int columns = expected.Length == 0 || rows == 0 ? 0 : expected[0].Length / rows;
        if (columns < 2)
        {
            return (size == 0 ? 0 : difference / size, mean);
        }
        int changed = 0;
        for (int row = 0; row < rows; row++)
        {
            if (Largest(expected[0], row, columns) != Largest(actual[0], row, columns))
            {
                changed++;
            }
        }
        return ((double)changed / rows, mean);
    }

    private static int Largest(float[] values, int row, int columns)
    {
        ReadOnlySpan<float> cells = values.AsSpan(row * columns, columns);
        int best = 0;
        for (int i = 1; i < cells.Length; i++)
        {
            if (cells[i] > cells[best])
            {
                best = i;
            }
        }
        return best;
    }

    private void Show(OptimizeSettings settings, List<VariantReport> reports, string folder)
    {
        if (settings.Json)
        {
            output.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        folder,
                        rows = settings.Inputs.Length > 0 ? "given" : "made up",
                        variants = reports,
                    },
                    Json
                )
            );
            return;
        }

        Table table = new Table().AddColumns(
            "variant",
            "MiB",
            "1 row, ms",
            $"{settings.Rows} rows, ms",
            "accuracy loss",
            "mean difference",
            ""
        );
        foreach (VariantReport report in reports)
        {
            bool usable = report.Problem.Length == 0;
            table.AddRow(
                report.Name,
                report.FileBytes == 0 ? "" : Number(report.FileBytes / 1048576.0, "F2"),
                usable ? Number(report.OneRowMs, "F3") : "",
                usable ? Number(report.BatchMs, "F3") : "",
                usable ? Number(report.AccuracyLoss * 100, "F2") + " %" : "",
                usable ? Number(report.MeanDifference, "G3") : "",
                Markup.Escape(report.Problem)
            );
        }

        console.Write(table);
        if (settings.Inputs.Length == 0)
        {
            console.WriteLine(
                "Compared on made-up rows: give rows of your own (--input NAME=FILE.npy) before you trust the accuracy."
            );
        }
        console.WriteLine(
            $"{ModelVariants.FileName} is in {folder}. A server uses what loses no more than the "
                + $"model's parameter max_accuracy_loss (0 where it is absent), if it is faster there."
        );
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Reference(Tensor[] Rows, Tensor[] One, Tensor[] Batch, (float[][] Outputs, int Rows) Outputs);
}
