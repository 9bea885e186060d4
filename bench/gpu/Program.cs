using OrleansInference.GpuBench;

// Two uses: `extract ASSEMBLY FILE` when packing, and the measurement itself.
if (args is ["extract", var assembly, var target])
{
    EmbeddedModel.Extract(assembly, target);
    return 0;
}

// Callers of ONNX Runtime block a thread each.
ThreadPool.SetMinThreads(64, 64);
Report report = new(Console.Out);
await new Bench(Arguments.Parse(args), report).RunAsync();
report.Line($"{report.Passed} passed, {report.Failed} failed");
return report.Failed == 0 ? 0 : 1;
