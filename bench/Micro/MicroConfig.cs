using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace OrleansInference.Micro;

/// <summary>
/// Three short iterations in this process, which take about three minutes for all benchmarks; <c>--job medium</c> and
/// the like take their place.
/// </summary>
internal sealed class MicroConfig : ManualConfig
{
    public MicroConfig(string[] args)
    {
        Add(DefaultConfig.Instance);
        AddDiagnoser(MemoryDiagnoser.Default);

        // In process: a project generated below this repository would be built by its rules, once for each benchmark.
        bool jobGiven = args.Any(argument =>
            argument is "-j" or "--job" || argument.StartsWith("--job=", StringComparison.Ordinal)
        );
        if (!jobGiven)
        {
            AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        }
    }
}
