using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// Running jobs as files in <c>Jobs:Root/.jobs</c>: where grain storage is memory and all silos were lost, they are
/// what is left to go on from. Without a root there are none.
/// </summary>
internal sealed partial class JobRegistry(IOptions<JobOptions> options, ILogger<JobRegistry> logger)
{
    /// <summary>The folder's name in the root.</summary>
    public const string FolderName = ".jobs";

    private string Folder => Path.Combine(options.Value.Root, FolderName);

    private bool IsOn => options.Value.Root.Length > 0;

    /// <summary>Notes a job that must go on.</summary>
    public void Add(string id, BulkJobSpec spec)
    {
        if (!IsOn)
        {
            return;
        }
        Directory.CreateDirectory(Folder);
        JobFiles.WriteText(Of(id), SpecJson.Write(spec));
    }

    /// <summary>Forgets a job that need not.</summary>
    public void Remove(string id)
    {
        if (IsOn && Directory.Exists(Folder))
        {
            File.Delete(Of(id));
        }
    }

    /// <summary>The jobs noted.</summary>
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

    private string Of(string id) => Path.Combine(Folder, Uri.EscapeDataString(id) + ".json");

    [LoggerMessage(
        EventId = 2009,
        Level = LogLevel.Debug,
        Message = "The note of a running job, {File}, cannot be read"
    )]
    private partial void LogUnreadable(string file, Exception exception);
}
