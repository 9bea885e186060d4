using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary><c>oinf jobs list</c>.</summary>
internal sealed class JobsListCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument answer = (
            await server.CallAsync(
                HttpMethod.Get,
                "/v2/jobs",
                missing: "this server has no bulk jobs (GET /v2/jobs)",
                cancellationToken: cancellationToken
            )
        )!;
        JsonElement jobs = answer.RootElement.GetProperty("jobs");
        if (settings.Json)
        {
            WriteJson(jobs);
            return 0;
        }

        Table table = new Table().AddColumns("job", "state", "model", "rows", "done", "output");
        foreach (int column in new[] { 3, 4 })
        {
            table.Columns[column].RightAligned();
        }
        foreach (JobLine job in jobs.EnumerateArray().Select(JobLine.Read))
        {
            table.AddRow(
                Markup.Escape(job.Id),
                job.State,
                Markup.Escape(job.Model),
                job.Rows.ToString(CultureInfo.InvariantCulture),
                job.RowsDone.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(job.Output)
            );
        }

        Console.Write(table);
        return 0;
    }
}
