using System.Globalization;
using OrleansInference.Agent.Policy;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Training.Agents;

/// <summary>
/// <c>agent</c>: trains the agent's policy in the twin by PPO, and exports it. An interrupted run goes on where it was.
/// </summary>
internal sealed class AgentCommand(IAnsiConsole console) : Command<AgentSettings>
{
    /// <summary>Simulated seconds of a task.</summary>
    public const double TaskSeconds = 40;

    /// <inheritdoc />
    public override int Execute(CommandContext context, AgentSettings settings, CancellationToken cancellationToken)
    {
        if (TorchLibrary.Problem is { } problem)
        {
            console.WriteLine(problem);
            return 3;
        }

        using PolicyTraining training = new(
            new PolicyTrainingOptions
            {
                Minutes = settings.Minutes,
                Seed = settings.Seed,
                Rate = settings.Rate,
                Threads = settings.Threads,
                Folder = settings.Out,
                Provenance = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Training agent --seed {settings.Seed} --rate {settings.Rate}"
                ),
                Draw = (seed, progress) => PolicyTask.Draw(seed, progress, TaskSeconds),
            }
        );
        if (training.Points.Count > 0)
        {
            console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"goes on from update {training.Points.Count}, {training.Points[^1].Seconds / 60:F1} of "
                        + $"{settings.Minutes:F1} minutes"
                )
            );
        }
        console.WriteLine($"{training.Parameters} parameters; schema {PolicySchema.Hash[..12]}");
        string path = console
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
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{path} after {training.Points.Count} updates in "
                    + $"{(training.Points.Count > 0 ? training.Points[^1].Seconds : 0):F0} s; curve.json and "
                    + $"curve.svg beside it"
            )
        );
        return cancellationToken.IsCancellationRequested ? 130 : 0;
    }
}
