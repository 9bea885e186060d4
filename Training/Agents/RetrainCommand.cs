using System.Globalization;
using System.Net.Http.Json;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Engine.Sessions;
using OrleansInference.Research.Evaluation;
using OrleansInference.Simulation.Recorded;
using OrleansInference.Simulation.Workloads;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Training.Agents;

/// <summary>
/// <c>retrain</c>: continues training of the policy on what the cluster has recorded. It compares the result with the
/// policy in force on held-out traffic, and promotes it if it is not worse. It runs in a process of its own, once or on
/// a schedule.
/// </summary>
internal sealed class RetrainCommand(IAnsiConsole console) : AsyncCommand<RetrainSettings>
{
    private const double GeneratedShare = 0.4;

    /// <inheritdoc />
    public override async Task<int> ExecuteAsync(
        CommandContext context,
        RetrainSettings settings,
        CancellationToken cancellationToken
    )
    {
        if (TorchLibrary.Problem is { } problem)
        {
            console.WriteLine(problem);
            return 3;
        }

        for (int round = 1; ; round++)
        {
            int code = await RoundAsync(settings, round, cancellationToken);
            if (settings.Every <= 0)
            {
                return code;
            }
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"again in {settings.Every} hours"));
            try
            {
                await Task.Delay(TimeSpan.FromHours(settings.Every), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return 0;
            }
        }
    }

    private async Task<int> RoundAsync(RetrainSettings settings, int round, CancellationToken cancellationToken)
    {
        try
        {
            RecordedCluster recorded = await RecordedCluster.ReadAsync(settings.Recorded, cancellationToken);
            RecordedTasks tasks = new(recorded, AgentCommand.TaskSeconds);
            console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{recorded.Requests.Arrivals.Length} requests of {recorded.World.Models.Count} models on "
                        + $"{recorded.World.Nodes.Count} nodes in {recorded.Requests.Seconds:F0} s"
                )
            );
            if (!tasks.IsEnough)
            {
                console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"too little to learn from: at least {AgentCommand.TaskSeconds / 2 / 0.3:F0} s are needed"
                    )
                );
                return 4;
            }

            string incumbent = Path.Combine(settings.Out, "incumbent.onnx");
            if (settings.Incumbent is not null && !File.Exists(incumbent))
            {
                File.Copy(settings.Incumbent, incumbent);
            }
            string candidate = Train(settings, round, tasks, cancellationToken);
            return await JudgeAsync(settings, tasks, candidate, incumbent, cancellationToken);
        }
        catch (Exception exception)
            when (exception
                    is TraceFormatException
                        or ModelLoadException
                        or FileNotFoundException
                        or HttpRequestException
            )
        {
            console.WriteLine(exception.Message);
            return 2;
        }
    }

    private string Train(RetrainSettings settings, int round, RecordedTasks tasks, CancellationToken cancellationToken)
    {
        using PolicyTraining training = new(
            new PolicyTrainingOptions
            {
                Minutes = settings.Minutes,
                Seed = settings.Seed + round,
                Rate = 2e-4,
                Threads = Environment.ProcessorCount,
                Folder = settings.Out,
                WarmStartShare = 0,
                AddsMinutes = true,
                Provenance = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Training retrain --seed {settings.Seed}, round {round}"
                ),
                // Recorded traffic among made-up ones, so that what was learnt for other days is kept.
                Draw = (seed, _) =>
                    seed * 0.6180339887498949 % 1 < GeneratedShare
                        ? PolicyTask.Draw(seed, 1, AgentCommand.TaskSeconds)
                        : tasks.Draw(seed),
            }
        );
        return console
            .Progress()
            .Start(progress =>
            {
                ProgressTask bar = progress.AddTask("training");
                return training.Run(
                    (share, line) =>
                    {
                        bar.Value = 100 * share;
                        console.WriteLine(line);
                    },
                    cancellationToken
                );
            });
    }

    private async Task<int> JudgeAsync(
        RetrainSettings settings,
        RecordedTasks tasks,
        string candidate,
        string incumbent,
        CancellationToken cancellationToken
    )
    {
        using PolicyModel mine = Load(candidate);
        using PolicyModel? theirs = File.Exists(incumbent) ? Load(incumbent) : null;
        double[] differences = new double[settings.Replays];
        Parallel.For(
            0,
            settings.Replays,
            i =>
            {
                PolicyTask task = tasks.HeldOut(i, settings.Replays);
                double Attained(PolicyModel? model) =>
                    task.Run(
                        Contestants.Create(
                            Contestants.PeriodSeconds,
                            Contestants.LeastGain,
                            policy: new PolicySlot { Current = model is null ? null : new LearnedPolicy("", model.Run) }
                        )
                    ).SloAttainment;
                differences[i] = 100 * (Attained(mine) - Attained(theirs));
            }
        );
        (double mean, double low, double high) = Bootstrap.Mean(differences);
        string report = string.Create(
            CultureInfo.InvariantCulture,
            $"{mean:+0.00;-0.00;0.00} points ({low:+0.00;-0.00;0.00} to {high:+0.00;-0.00;0.00}) of "
                + $"attainment against "
                + $"{(theirs is null ? "the planner alone" : $"weights {theirs.Hash[..12]}")} on "
                + $"{settings.Replays} replays"
        );
        bool promoted = low >= -PolicySuite.PromotionTolerance;
        console.WriteLine(
            $"{report}: "
                + $"{(promoted ? "not worse, promoted" : "worse, or not known to be no worse: the one in force stays")}"
        );
        await File.AppendAllTextAsync(
            Path.Combine(settings.Out, "promotions.log"),
            $"{mine.Hash[..12]} {(promoted ? "promoted" : "refused")} {report}{Environment.NewLine}",
            cancellationToken
        );
        if (!promoted)
        {
            return 1;
        }
        File.Copy(candidate, incumbent, overwrite: true);
        if (settings.Server is not null)
        {
            await PromoteAsync(settings, candidate, report, cancellationToken);
        }
        return 0;
    }

    private async Task PromoteAsync(
        RetrainSettings settings,
        string candidate,
        string report,
        CancellationToken cancellationToken
    )
    {
        using HttpClient http = new() { BaseAddress = new Uri(settings.Server!) };
        if ((settings.ApiKey ?? Environment.GetEnvironmentVariable("ORLEANS_INFERENCE_API_KEY")) is { Length: > 0 } key)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            "/v2/agent/policies",
            new { file = Convert.ToBase64String(await File.ReadAllBytesAsync(candidate, cancellationToken)), report },
            cancellationToken
        );
        string text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{settings.Server} refused the policy: {text}");
        }
        console.WriteLine($"in force at {settings.Server}: {text}");
    }

    private static PolicyModel Load(string path) =>
        PolicyModel.Load(File.ReadAllBytes(path), PolicySchema.Hash, PolicySchema.Width, PolicySchema.Actions);
}
