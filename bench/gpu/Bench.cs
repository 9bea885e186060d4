using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Grains.Interfaces.Inference;
using ModelMetadata = OrleansInference.ModelMetadata;

namespace OrleansInference.GpuBench;

/// <summary>All that is tried on a machine with a card, in the order of the report.</summary>
internal sealed class Bench(Arguments arguments, Report report)
{
    /// <summary>
    /// What an answer may differ by, of the largest number in it: a card rounds FP32 products to fewer digits (TF32).
    /// </summary>
    private const double Tolerance = 1e-2;

    private static readonly int[] Batches = [1, 8, 32];
    private static readonly int[] Callers = [1, 4, 16];
    private static readonly Dictionary<string, string> Inherited = [];

    /// <summary>The environment of a machine without CUDA: no library's folder, no visible card.</summary>
    private static readonly Dictionary<string, string> WithoutCuda = new()
    {
        ["LD_LIBRARY_PATH"] = "",
        ["CUDA_VISIBLE_DEVICES"] = "-1",
    };

    private string Provider => $"--Engine:ExecutionProvider:Provider={arguments.Provider}";

    /// <summary>Runs it.</summary>
    public async Task RunAsync()
    {
        IEnumerable<string> folders = Directory
            .GetDirectories(arguments.Models)
            .Select(folder => Path.GetFileName(folder)!);
        string[] models = [.. folders.Order(StringComparer.Ordinal)];
        await using (SiloUnderTest silo = await SiloUnderTest.StartAsync(arguments, Inherited, Provider))
        {
            foreach (string model in models)
            {
                await AnswersAsync(silo, model);
            }
            report.Line("");
            report.Line(
                "| model | batch | callers | silo rows/s | p50 ms | p99 ms | raw rows/s | p50 ms | p99 "
                    + "ms | rows/s, ratio | p99, ratio |"
            );
            report.Line("|---|---|---|---|---|---|---|---|---|---|---|");
            foreach (string model in models)
            {
                await ThroughputAsync(silo, model);
            }
            report.Line("");
        }

        await LoadsAsync(models[^1]);
        await FallbackAsync(models[^1]);
    }

    /// <summary>The largest difference, of the largest number.</summary>
    private static double Difference(ReadOnlySpan<float> answer, ReadOnlySpan<float> expected)
    {
        if (answer.Length != expected.Length)
        {
            return double.PositiveInfinity;
        }
        double difference = 0;
        double largest = 1e-12;
        for (int i = 0; i < answer.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs(answer[i] - (double)expected[i]));
            largest = Math.Max(largest, Math.Abs(expected[i]));
        }

        return difference / largest;
    }

    private static InferenceRequest Request(string model, Tensor[] inputs) =>
        new() { ModelName = model, Inputs = inputs };

    private static string Text(double number) => number.ToString("G3", CultureInfo.InvariantCulture);

    private static async Task<long> CardMiBAsync()
    {
        ProcessStartInfo query = new("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader,nounits"])
        {
            RedirectStandardOutput = true,
        };
        using Process smi = Process.Start(query)!;
        string text = await smi.StandardOutput.ReadToEndAsync();
        await smi.WaitForExitAsync();
        return long.Parse(text.AsSpan().Trim(), CultureInfo.InvariantCulture);
    }

    private string File(string model) => Path.Combine(arguments.Models, model, "1", "model.onnx");

    private async Task AnswersAsync(SiloUnderTest silo, string model)
    {
        ModelMetadata metadata = await silo.Client.GetModelMetadataAsync(model);
        string provider = metadata.ExecutionProvider;
        report.Check($"{model}: provider in its metadata", provider == arguments.ProviderName, provider);
        using RawModel cpu = new(File(model), "cpu");
        foreach (int rows in Rows(cpu.Session))
        {
            await AnswerAsync(silo, model, cpu, rows);
        }
    }

    private async Task AnswerAsync(SiloUnderTest silo, string model, RawModel cpu, int rows)
    {
        Tensor[] inputs = ModelInputs.Make(cpu.Session, rows);
        OrtValue[] values = [.. inputs.Select(ModelInputs.Value)];
        float[] expected = cpu.Run([.. inputs.Select(input => input.Name)], values);
        foreach (OrtValue value in values)
        {
            value.Dispose();
        }
        using InferenceResult response = await silo.Client.InferAsync(Request(model, inputs));
        double difference = Difference(
            MemoryMarshal.Cast<byte, float>(response.Output(cpu.Session.OutputNames[0]).Data.Span),
            expected
        );
        string detail = $"differs by {Text(difference)} of the largest number";
        report.Check($"{model}: {rows} rows as ONNX Runtime answers on the CPU", difference <= Tolerance, detail);
    }

    private async Task ThroughputAsync(SiloUnderTest silo, string model)
    {
        using RawModel raw = new(File(model), arguments.Provider);
        foreach (int rows in Rows(raw.Session))
        {
            Tensor[] inputs = ModelInputs.Make(raw.Session, rows);
            string[] names = [.. inputs.Select(input => input.Name)];
            OrtValue[] values = [.. inputs.Select(ModelInputs.Value)];
            foreach (int callers in Callers)
            {
                LoopResult served = await ClosedLoop.RunAsync(
                    callers,
                    arguments.Seconds,
                    () => AskAsync(silo, Request(model, inputs))
                );
                LoopResult bare = await ClosedLoop.RunAsync(
                    callers,
                    arguments.Seconds,
                    () => Task.FromResult(raw.Run(names, values))
                );
                report.Row(model, rows, callers, served, bare);
            }

            foreach (OrtValue value in values)
            {
                value.Dispose();
            }
        }
    }

    private static async Task AskAsync(SiloUnderTest silo, InferenceRequest request)
    {
        using InferenceResult response = await silo.Client.InferAsync(request);
    }

    private static int[] Rows(InferenceSession session) => ModelInputs.TakesBatches(session) ? Batches : [1];

    private async Task LoadsAsync(string model)
    {
        await using SiloUnderTest silo = await SiloUnderTest.StartAsync(
            arguments,
            Inherited,
            Provider,
            "--mode",
            "explicit"
        );
        int settled = Math.Max(1, arguments.Loads / 4);
        long resident = 0;
        long card = 0;
        for (int i = 1; i <= arguments.Loads; i++)
        {
            await silo.ChangeAsync(model, "load");
            await silo.ChangeAsync(model, "unload");
            if (i != settled)
            {
                continue;
            }
            resident = silo.ResidentMiB;
            card = arguments.Provider == "cuda" ? await CardMiBAsync() : 0;
        }

        long residentAfter = silo.ResidentMiB;
        long cardAfter = arguments.Provider == "cuda" ? await CardMiBAsync() : 0;
        string what = $"{arguments.Loads} loads of {model}";
        Flat($"{what}: the process", settled, resident, residentAfter);
        Flat($"{what}: the card", settled, card, cardAfter);
    }

    /// <summary>A tenth and 64 MiB more still count as flat.</summary>
    private void Flat(string what, int settled, long before, long after) =>
        report.Check(
            what,
            after <= before + 64 + (before / 10),
            $"{before} MiB after {settled}, {after} MiB after all"
        );

    private async Task FallbackAsync(string model)
    {
        await using SiloUnderTest silo = await SiloUnderTest.StartAsync(
            arguments,
            WithoutCuda,
            "--Engine:ExecutionProvider:Provider=auto"
        );
        ModelMetadata metadata = await silo.Client.GetModelMetadataAsync(model);
        string provider = metadata.ExecutionProvider;
        report.Check("CUDA cannot be loaded: the CPU serves", provider == "CPUExecutionProvider", provider);
        using RawModel cpu = new(File(model), "cpu");
        await AnswerAsync(silo, model, cpu, rows: 1);
        string? reason = silo.Log.FirstOrDefault(line =>
            line.Contains("is served on the CPU", StringComparison.Ordinal)
        );
        report.Check("CUDA cannot be loaded: the log says why", reason is not null, reason ?? "nothing");
    }
}
