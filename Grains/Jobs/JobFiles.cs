using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Jobs.Formats;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// A job's files next to its output. <c>OUTPUT.parts/job.json</c> names the job;
/// <c>OUTPUT.parts/FINGERPRINT/part-000123</c> is a shard. Each appears by a rename, so that a file that is there is
/// whole.
/// </summary>
internal static class JobFiles
{
    /// <summary>The folder of an output's parts.</summary>
    public static string Folder(string output) => output + ".parts";

    /// <summary>The job that an output's parts belong to; null where there is none.</summary>
    public static string? FindOwner(string output)
    {
        try
        {
            return JsonSerializer.Deserialize<Note>(File.ReadAllText(Path.Combine(Folder(output), "job.json")))?.Id;
        }
        catch (Exception exception)
            when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Takes the parts' folder over for a job. Parts of the same spec, input and model version stay; all others are
    /// deleted.
    /// </summary>
    public static void Claim(string id, BulkShardPlan plan)
    {
        string folder = Folder(plan.Spec.Output);
        Directory.CreateDirectory(plan.Parts);
        foreach (
            string other in Directory
                .EnumerateDirectories(folder)
                .Where(other => Path.GetFileName(other) != Path.GetFileName(plan.Parts))
                .ToArray()
        )
        {
            Remove(other);
        }
        WriteText(Path.Combine(folder, "job.json"), JsonSerializer.Serialize(new Note(id, plan.Spec)));
    }

    /// <summary>Indexes of the shards whose parts are on disk.</summary>
    public static int[] FindDone(BulkShardPlan plan, BulkRange[] shards)
    {
        Directory.CreateDirectory(plan.Parts);
        return
        [
            .. shards.Where(shard => File.Exists(ShardRun.Part(plan.Parts, shard.Index))).Select(shard => shard.Index),
        ];
    }

    /// <summary>Joins all parts to the output, which appears at once and whole.</summary>
    /// <exception cref="InferenceException">The input is no longer what the parts were made of, or they do not fit
    /// together.</exception>
    public static async Task MergeAsync(BulkShardPlan plan, BulkRange[] shards, CancellationToken cancellationToken)
    {
        if (Path.GetFileName(plan.Parts) != JobPlanner.Fingerprint(plan.Spec))
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"'{plan.Spec.Input}' was changed while the job ran; start it again"
            );
        }
        // In the parts' folder, which goes with all that a crash left behind.
        string whole = Path.Combine(plan.Parts, $"whole.{Guid.NewGuid():N}.tmp");
        try
        {
            await using (
                FileStream target = new(
                    whole,
                    FileMode.CreateNew,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1 << 16,
                    FileOptions.Asynchronous
                )
            )
            {
                await RowFormats
                    .Find(plan.Spec.OutputFormat, plan.Spec.Output, "output_format")
                    .MergeAsync(
                        [.. shards.Select(shard => ShardRun.Part(plan.Parts, shard.Index))],
                        target,
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                await target.FlushAsync(cancellationToken).ConfigureAwait(false);
                target.Flush(flushToDisk: true);
            }

            // Asked as late as can be: a job that is cancelled has no output.
            cancellationToken.ThrowIfCancellationRequested();
            File.Move(whole, plan.Spec.Output, overwrite: true);
        }
        finally
        {
            File.Delete(whole);
        }
    }

    /// <summary>
    /// Removes a folder. It is renamed first, so that whoever still writes into it cannot bring it back.
    /// </summary>
    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }
        string going = $"{folder}.{Guid.NewGuid():N}.tmp";
        Directory.Move(folder, going);
        Directory.Delete(going, recursive: true);
    }

    /// <summary>Writes a small file, whole or not at all.</summary>
    public static void WriteText(string path, string text)
    {
        string attempt = $"{path}.{Guid.NewGuid():N}.tmp";
        File.WriteAllText(attempt, text);
        File.Move(attempt, path, overwrite: true);
    }

    private sealed record Note(string Id, BulkJobSpec Spec);
}
