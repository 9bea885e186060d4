using OrleansInference.Training.Ads;
using Spectre.Console.Cli;

CommandApp app = new();
app.Configure(config =>
{
    config.SetApplicationName("training");
    config.AddCommand<AdsCommand>("ads").WithDescription("Train the ad model: click log, network, judgement, export").WithExample("ads", "--rows", "60000", "--ablate", "--document");
});
return await app.RunAsync(args);
