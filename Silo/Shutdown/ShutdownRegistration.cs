namespace OrleansInference.Silo.Shutdown;

/// <summary>Registers how the silo ends.</summary>
internal static class ShutdownRegistration
{
    /// <summary>For the drain, the requests under way, the silo and the engine together.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Adds it.</summary>
    public static IServiceCollection AddGracefulStop(this IServiceCollection services) =>
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Limit).AddHostedService<GracefulStop>();
}
