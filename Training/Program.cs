using OrleansInference.Training.Ads;
using OrleansInference.Training.Agents;
using Spectre.Console.Cli;

CommandApp app = new();
app.Configure(config =>
{
    config.SetApplicationName("training");
    config
        .AddCommand<AdsCommand>("ads")
        .WithDescription("Train the ad model: click log, network, judgement, export")
        .WithExample("ads", "--rows", "60000", "--ablate", "--document");
    config
        .AddCommand<AgentCommand>("agent")
        .WithDescription(
            "Train the agent's policy in the twin by reinforcement learning; goes on where an interrupted run was"
        )
        .WithExample("agent", "--minutes", "8", "--seed", "1");
    config
        .AddCommand<RetrainCommand>("retrain")
        .WithDescription("Train the policy on by what a cluster has recorded, and promote it if it is not worse")
        .WithExample("retrain", "recorded", "--server", "http://127.0.0.1:8080", "--every", "24");
});
return await app.RunAsync(args);
