using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// Keeps running jobs as files in <c>Jobs:Root/.jobs</c>. They survive where grain storage is memory and all silos were
/// lost. Without a root there are none.
/// </summary>
internal sealed partial class JobRegistry(IOptions<JobOptions> options, ILogger<JobRegistry> logger)
{
    /// <summary>The folder's name in the root.</summary>
    public const string FolderName = ".jobs";

    private string Folder => Path.Combine(options.Value.Root, FolderName);

    private bool IsOn => options.Value.Root.Length > 0;

    /// <summary>Adds a job that is to be resumed.</summary>
    public void Add(string id, BulkJobSpec spec)
    {
        if (!IsOn)
        {
            return;
        }
        Directory.CreateDirectory(Folder);
        JobFiles.WriteText(NotePath(id), SpecJson.Write(spec));
    }

    /// <summary>Removes a job that has ended or is paused.</summary>
    public void Remove(string id)
    {
        if (IsOn && Directory.Exists(Folder))
        {
            File.Delete(NotePath(id));
        }
    }

    /// <summary>Reads all jobs by id. A file that cannot be read is logged and left out.</summary>
    public Dictionary<string, BulkJobSpec> Read()
    {
        Dictionary<string, BulkJobSpec> jobs = [];
        if (!IsOn || !Directory.Exists(Folder))
        {
            return jobs;
        }
        foreach (string file in Directory.EnumerateFiles(Folder, "*.json"))
        {
            try
            {
                jobs[Uri.UnescapeDataString(Path.GetFileNameWithoutExtension(file))] = SpecJson.Read(
                    File.ReadAllText(file)
                );
            }
            catch (Exception exception) when (exception is IOException or JsonException)
            {
                LogUnreadable(file, exception);
            }
        }

        return jobs;
    }

    private string NotePath(string id) => Path.Combine(Folder, Uri.EscapeDataString(id) + ".json");

    [LoggerMessage(
        EventId = 2009,
        Level = LogLevel.Debug,
        Message = "The note of a running job, {File}, cannot be read"
    )]
    private partial void LogUnreadable(string file, Exception exception);
}
