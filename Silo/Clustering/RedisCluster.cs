using StackExchange.Redis;

namespace OrleansInference.Silo.Clustering;

/// <summary>Members, grain state and reminders in Redis.</summary>
internal static class RedisCluster
{
    private const int ConnectMilliseconds = 5000;

    /// <summary>Adds it.</summary>
    /// <exception cref="StartupException">Nobody answers at the address.</exception>
    public static ISiloBuilder AddRedisCluster(this ISiloBuilder silo, SiloHostOptions options)
    {
        ConfigurationOptions redis = Options(options.Redis);
        RequireAnswer(redis, options.Redis);
        silo.UseRedisClustering(clustering => clustering.ConfigurationOptions = redis);
        silo.AddRedisGrainStorageAsDefault(storage => storage.ConfigurationOptions = redis);
        return silo.UseRedisReminderService(reminders => reminders.ConfigurationOptions = redis);
    }

    private static ConfigurationOptions Options(string address)
    {
        ConfigurationOptions redis = ConfigurationOptions.Parse(address);
        // A store that is away for a while comes back: serving does not need it.
        redis.AbortOnConnectFail = false;
        redis.ConnectTimeout = ConnectMilliseconds;
        redis.ConnectRetry = 3;
        return redis;
    }

    private static void RequireAnswer(ConfigurationOptions redis, string address)
    {
        ConfigurationOptions once = redis.Clone();
        once.AbortOnConnectFail = true;
        once.ConnectRetry = 1;
        try
        {
            using ConnectionMultiplexer connection = ConnectionMultiplexer.Connect(once);
            connection.GetDatabase().Ping();
        }
        catch (RedisException exception)
        {
            throw new StartupException(
                $"No Redis answers at {address} (--redis): {exception.Message.Split(';')[0]}. Start one "
                    + $"there, or leave --redis out for a silo without a store."
            );
        }
    }
}
