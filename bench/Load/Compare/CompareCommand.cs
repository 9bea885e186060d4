using OrleansInference.Load.Arguments;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

internal static class CompareCommand
{
    public static readonly string[] Options = ["silo", "baseline", "data", "runs", "seconds", "warmup", "only"];

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var scenarios = Scenario.Select(arguments.Find("only"));
        var runs = arguments.Integer("runs", 5, 1);
        var seconds = arguments.Number("seconds", 4, 0.5);
        var warmup = arguments.Number("warmup", 2, 0);
        var models = SampleModels
            .Open(arguments.Text("data", SampleModels.DefaultFolder))
            .Select(sample => ComparedModel.From(sample.Name, sample.Model))
            .ToArray();

        using var repository = new ModelRepositoryFolder(models);
        using var baseline = ServerCommands.StartBaseline(arguments, "baseline", models);
        using var ours = ServerCommands.StartOurs(arguments, repository.Path, models);
        foreach (var server in new[] { baseline, ours })
        {
            await Console.Error.WriteLineAsync($"Waiting for {server.Name} at {server.EndPoint}, process {server.Id}");
            await server.WaitReadyAsync(cancellation);
            foreach (var model in models)
            {
                await server.WaitCorrectAsync(model, cancellation);
            }
        }

        var comparison = new Comparison(ours, baseline, runs, seconds, warmup);
        var results = new List<ScenarioResult>();
        foreach (var scenario in scenarios)
        {
            results.Add(
                comparison.Measure(scenario, Array.Find(models, model => model.Name == scenario.Model)!, cancellation)
            );
        }
        MarkdownReport.Write(
            results,
            $"Medians of {runs} runs of {seconds} s after {warmup} s of warm-up, alternating; ours: {ours.Name}.",
            Console.Out
        );
        return results.TrueForAll(result => result.Errors == 0) ? 0 : 1;
    }
}
