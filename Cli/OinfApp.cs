using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Cli.Commands;
using OrleansInference.Cli.Commands.Agent;
using OrleansInference.Cli.Commands.Cluster;
using OrleansInference.Cli.Commands.Jobs;
using OrleansInference.Cli.Commands.Optimize;
using OrleansInference.Cli.Commands.Policies;
using OrleansInference.Cli.Commands.Scenarios;
using OrleansInference.Cli.Commands.Simulation;
using OrleansInference.Cli.Commands.Traces;
using OrleansInference.Cli.Commands.Tune;
using OrleansInference.Cli.Commands.Up;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli;

/// <summary>The command line.</summary>
internal static class OinfApp
{
    /// <summary>Runs it and returns the exit code: 0 done, 1 failed, 2 usage, 130 cancelled.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="console">Where people read.</param>
    /// <param name="output">Where JSON goes.</param>
    /// <param name="error">Where the one line of a failure goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(
        string[] args,
        IAnsiConsole console,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        CommandApp app = new(new Registrar(console, output));
        app.Configure(config =>
        {
            config.SetApplicationName("oinf").ConfigureConsole(console).PropagateExceptions().UseStrictParsing();
            config
                .AddCommand<InferCommand>("infer")
                .WithDescription("Run photographs or tensors through a model")
                .WithExample("infer", "squeezenet", "car.jpg", "--top", "5");
            config.AddCommand<ModelsCommand>("models").WithDescription("List the repository");
            config.AddCommand<LoadCommand>("load").WithDescription("Load a model, or what has changed of it");
            config.AddCommand<UnloadCommand>("unload").WithDescription("Stop serving a model");
            config.AddCommand<StatusCommand>("status").WithDescription("Show the server and what its models have done");
            config
                .AddCommand<BenchCommand>("bench")
                .WithDescription("Load a model and measure")
                .WithExample("bench", "color-names", "--rate", "500", "--arrivals", "poisson");
            config
                .AddCommand<WhyCommand>("why")
                .WithDescription("Say why requests waited, and why a model or node runs as it does")
                .WithExample("why", "squeezenet");
            config
                .AddCommand<SimulateCommand>("simulate")
                .WithDescription("Try a scenario or a recorded trace on a cluster that need not exist")
                .WithExample("simulate", "--scenario", "ads", "--nodes", "4", "--seconds", "60", "--seed", "7");
            config
                .AddCommand<ScenarioCommand>("scenario")
                .WithDescription("Start a local cluster, drive a scenario's traffic, agent off and then on")
                .WithExample("scenario", "ads", "--plot", "ads.svg");
            config
                .AddCommand<TraceCommand>("trace")
                .WithDescription("Make a trace of what silos recorded, or change one: warp, thin, superpose, bursts")
                .WithExample("trace", "recorded/", "--out", "trace.csv");
            config
                .AddCommand<TuneCommand>("tune")
                .WithDescription(
                    "Search a model's best settings live, and report before, after and what each contributes"
                )
                .WithExample("tune", "ads-ctr", "--out", "report.md");
            config
                .AddCommand<OptimizeCommand>("optimize")
                .WithDescription("Make faster variants of a model, and measure what they lose in accuracy")
                .WithExample("optimize", "models/squeezenet/1/model.onnx", "--input", "data=images.npy");
            config
                .AddCommand<AlignCommand>("align")
                .WithDescription("Ask a live cluster a trace, replay it in the twin, and say how far they are apart")
                .WithExample("align", "squeezenet", "--rate", "30", "--seconds", "20");
            config
                .AddCommand<ProfileCommand>("profile")
                .WithDescription("Search the best batch, threads and instances of a model while it serves");
            config.AddBranch(
                "agent",
                agent =>
                {
                    agent.SetDescription("See and steer the agent");
                    agent.AddCommand<AgentCommand>("show").WithDescription("Show what it expects and has decided");
                    agent
                        .AddCommand<AgentModeCommand>("mode")
                        .WithDescription("Say what it may do: act, advise, shadow or off");
                    agent.AddCommand<AgentApproveCommand>("approve").WithDescription("Consent to a decision");
                    agent.AddCommand<AgentRefuseCommand>("refuse").WithDescription("Refuse a decision");
                    agent.AddCommand<AgentResumeCommand>("resume").WithDescription("Let it go on after it stopped");
                }
            );
            config.AddBranch(
                "policy",
                policy =>
                {
                    policy.SetDescription("See and change the agent's learned policy");
                    policy
                        .AddCommand<PolicyListCommand>("list")
                        .WithDescription("List the policies that the cluster keeps");
                    policy
                        .AddCommand<PolicyPromoteCommand>("promote")
                        .WithDescription("Put a policy in force")
                        .WithExample("policy", "promote", "runs/agent/policy.onnx");
                    policy
                        .AddCommand<PolicyRollBackCommand>("rollback")
                        .WithDescription("Put the policy before it in force again, or the planner alone");
                }
            );
            config
                .AddCommand<UpCommand>("up")
                .WithDescription("Start a cluster on this machine and keep it running")
                .WithExample("up", "--silos", "3", "--models", "models");
            config.AddCommand<NodesCommand>("nodes").WithDescription("List the cluster's nodes");
            config.AddCommand<PlanCommand>("plan").WithDescription("Show what runs where, and why not elsewhere");
            config.AddCommand<DrainCommand>("drain").WithDescription("Empty a node, or let it be filled again");
            config
                .AddCommand<PinCommand>("pin")
                .WithDescription("Fix where a model runs and how its requests are divided")
                .WithExample("pin", "mnist", "--weight", "a=1", "--weight", "b=3");
            config
                .AddCommand<BackupCommand>("backup")
                .WithDescription(
                    "Write down what was asked of the cluster: loads, pins, drains, the agent's mode and policy"
                )
                .WithExample("backup", "cluster.json");
            config
                .AddCommand<RestoreCommand>("restore")
                .WithDescription("Ask it of a cluster again")
                .WithExample("restore", "cluster.json");
            config.AddBranch(
                "jobs",
                jobs =>
                {
                    jobs.SetDescription("Run whole files through a model");
                    jobs.AddCommand<JobsListCommand>("list").WithDescription("List the jobs");
                    jobs.AddCommand<JobStartCommand>("start")
                        .WithDescription("Start a job, or go on with it")
                        .WithExample("jobs", "start", "squeezenet", "images.npy", "scores.npy", "--wait");
                    jobs.AddCommand<JobShowCommand>("show").WithDescription("Show how far a job is");
                    jobs.AddCommand<JobPauseCommand>("pause").WithDescription("Pause a job");
                    jobs.AddCommand<JobResumeCommand>("resume").WithDescription("Go on with a paused job");
                    jobs.AddCommand<JobCancelCommand>("cancel")
                        .WithDescription("Cancel a job and remove what it has done");
                }
            );
        });
        try
        {
            return await app.RunAsync(args, cancellationToken);
        }
        catch (CliException exception)
        {
            await error.WriteLineAsync($"oinf: {exception.Message}");
            return exception.ExitCode;
        }
        catch (CommandAppException exception)
        {
            await error.WriteLineAsync($"oinf: {exception.Message} (oinf --help)");
            return CliException.Usage;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("oinf: cancelled");
            return 130;
        }
    }

    /// <summary>Gives commands their console and output.</summary>
    private sealed class Registrar(IAnsiConsole console, TextWriter output) : ITypeRegistrar
    {
        private readonly ServiceCollection _services = [];

        public void Register(Type service, Type implementation) => _services.AddSingleton(service, implementation);

        public void RegisterInstance(Type service, object implementation) =>
            _services.AddSingleton(service, implementation);

        public void RegisterLazy(Type service, Func<object> factory) => _services.AddSingleton(service, _ => factory());

        public ITypeResolver Build()
        {
            _services.AddSingleton(console).AddSingleton(output).AddSingleton(TimeProvider.System);
            return new Resolver(_services.BuildServiceProvider());
        }
    }

    private sealed class Resolver(ServiceProvider services) : ITypeResolver, IDisposable
    {
        public object? Resolve(Type? type) =>
            type is null
                ? null
                : services.GetService(type)
                    ?? (type.IsAbstract ? null : ActivatorUtilities.CreateInstance(services, type));

        public void Dispose() => services.Dispose();
    }
}
