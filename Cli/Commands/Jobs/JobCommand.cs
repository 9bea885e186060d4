using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary>
/// A command about one job. It sends a call, waits for the job's end where that is wanted, and prints its state.
/// </summary>
internal abstract class JobCommand<TSettings>(IAnsiConsole console, TextWriter output)
    : ServerCommand<TSettings>(console, output)
    where TSettings : ServerSettings
{
    /// <summary>Whether to wait for the job's end.</summary>
    protected virtual bool ShouldWait(TSettings settings) => false;

    /// <summary>The exit code for a job in this state.</summary>
    protected virtual int ExitCode(JobLine job) => job.State is "failed" or "cancelled" ? CliException.Failed : 0;

    /// <summary>Calls the server and returns its answer: the job.</summary>
    protected abstract Task<JsonDocument?> CallAsync(
        ServerConnection server,
        TSettings settings,
        CancellationToken cancellationToken
    );

    /// <inheritdoc />
    protected sealed override async Task<int> RunAsync(
        ServerConnection server,
        TSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument first = (await CallAsync(server, settings, cancellationToken))!;
        JsonElement answer = first.RootElement.Clone();
        if (ShouldWait(settings))
        {
            answer = await WaitAsync(server, settings, answer, cancellationToken);
        }
        JobLine job = JobLine.Read(answer);
        if (settings.Json)
        {
            WriteJson(answer);
        }
        else
        {
            Write(job);
        }
        return ExitCode(job);
    }

    private void Write(JobLine job)
    {
        WriteLine($"{job.Id}: {job.State}, {job.Progress}");
        WriteLine(
            $"  {job.Input} → {job.Model}{(job.Version.Length > 0 ? $" version {job.Version}" : "")} → {job.Output}"
        );
        if (job.Error.Length > 0)
        {
            WriteLine($"  {job.Error}");
        }
    }

    private async Task<JsonElement> WaitAsync(
        ServerConnection server,
        TSettings settings,
        JsonElement answer,
        CancellationToken cancellationToken
    )
    {
        if (settings.Json)
        {
            return await FollowAsync(server, answer, _ => { }, cancellationToken);
        }
        return await Console
            .Progress()
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(context =>
            {
                ProgressTask bar = context.AddTask("rows");
                return FollowAsync(
                    server,
                    answer,
                    job =>
                    {
                        bar.Description = Markup.Escape(
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{job.State}, {job.RowsDone} of {job.Rows} rows"
                            )
                        );
                        bar.MaxValue = Math.Max(1, job.Rows);
                        bar.Value = job.RowsDone;
                    },
                    cancellationToken
                );
            });
    }

    /// <summary>Follows a job to its end, or to a pause. The server answers when the job has changed.</summary>
    private static async Task<JsonElement> FollowAsync(
        ServerConnection server,
        JsonElement answer,
        Action<JobLine> show,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            JobLine job = JobLine.Read(answer);
            show(job);
            if (job.HasEnded || job.State == "paused")
            {
                return answer;
            }
            string path = string.Create(
                CultureInfo.InvariantCulture,
                $"/v2/jobs/{Uri.EscapeDataString(job.Id)}?after={job.Change}"
            );
            using JsonDocument next = (
                await server.CallAsync(HttpMethod.Get, path, cancellationToken: cancellationToken)
            )!;
            answer = next.RootElement.Clone();
        }
    }
}
