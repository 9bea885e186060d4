using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>Registers what bulk jobs need on a silo.</summary>
internal static class BulkJobsRegistration
{
    /// <summary>Adds bulk jobs, bound to the configuration section <c>Jobs</c>.</summary>
    public static IServiceCollection AddBulkJobs(this IServiceCollection services)
    {
        services
            .AddOptions<JobOptions>()
            .BindConfiguration("Jobs")
            .ValidateDataAnnotations()
            .Validate(
                options => options.Root.Length == 0 || Directory.Exists(options.Root),
                "Jobs:Root (--jobs-root) must be a folder that exists."
            )
            .PostConfigure(options => options.Root = options.Root.Length == 0 ? "" : Path.GetFullPath(options.Root))
            .ValidateOnStart();
        services.TryAddSingleton<JobPlanner>();
        services.TryAddSingleton<JobRegistry>();
        services.TryAddSingleton<JobPaths>();
        services.TryAddSingleton<IBulkJobs, BulkJobs>();
        services.AddHostedService<BulkJobResumer>();
        return services;
    }
}
