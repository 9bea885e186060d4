using Microsoft.Extensions.Hosting;

namespace OrleansInference.Silo;

/// <summary>
/// What the process ends with, so that whoever started it can tell an end that was asked for from one that was not.
/// </summary>
internal static class ExitCode
{
    /// <summary>
    /// 0 after an end that was asked for; 1 where a part of the server failed and the host ended for it.
    /// </summary>
    public static int Of(IEnumerable<IHostedService> services) =>
        services.OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
}
