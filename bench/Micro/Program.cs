using BenchmarkDotNet.Running;
using OrleansInference.Micro;

// Without arguments all of them: nobody waits at a menu in a script.
BenchmarkSwitcher
    .FromAssembly(typeof(MicroConfig).Assembly)
    .Run(args.Length == 0 ? ["--filter", "*"] : args, new MicroConfig(args));
