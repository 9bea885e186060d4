using OrleansInference.Silo;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.WriteLine(CommandLine.Help);
    return 0;
}

try
{
    await using WebApplication app = SiloApplication.Build(args);
    // Taken before the run, whose end disposes of them.
    IHostedService[] services = [.. app.Services.GetServices<IHostedService>()];
    await app.RunAsync();
    return ExitCode.Of(services);
}
catch (Exception exception) when (Startup.Explain(exception) is { } line)
{
    // What an operator can mend is one line on stderr; anything else keeps its stack trace.
    await Console.Error.WriteLineAsync($"orleans-inference: {line}");
    return 1;
}
