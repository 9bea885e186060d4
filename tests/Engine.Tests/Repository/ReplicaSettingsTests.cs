using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Engine.Tests.Repository.Configuration;
using OrleansInference.Protocol;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Repository;

public sealed class ReplicaSettingsTests
{
    [Fact]
    public void Queue_PoliciesOfLevels_AreTheirs()
    {
        ModelConfig config = ConfigText.Parse(
            """
            dynamic_batching {
              priority_levels: 18446744073709551615
              default_priority_level: 4294967296
              default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 1000 allow_timeout_override: true }
              priority_queue_policy { key: 18446744073709551615 value { default_timeout_microseconds: 2000 max_queue_size: 7 } }
            }
            """
        );

        QueuePolicy policy = ReplicaSettings.Queue(config, firstRowSeconds: 0);

        Assert.Equal((ulong.MaxValue, 4294967296UL), (policy.PriorityLevels, policy.DefaultPriority));
        Assert.Equal(
            new LevelPolicy { DefaultTimeout = TimeSpan.FromMilliseconds(1), RejectOverdue = false },
            policy.Of(1)
        );
        Assert.Equal(
            new LevelPolicy
            {
                DefaultTimeout = TimeSpan.FromMilliseconds(2),
                AllowTimeoutOverride = false,
                MaxQueuedRequests = 7,
            },
            policy.Of(ulong.MaxValue)
        );
        Assert.True(policy.LimitsLevels);
    }

    [Theory]
    [InlineData("", 50, 0)]
    [InlineData("default_queue_policy { max_queue_size: 7 }", 7, 0)]
    [InlineData("priority_levels: 2 default_priority_level: 1 default_queue_policy { max_queue_size: 7 }", 50, 7)]
    [InlineData("priority_levels: 2 default_priority_level: 1 default_queue_policy { max_queue_size: 70 }", 70, 70)]
    public void Limits_AQueueSize_IsTheQueuesWithoutLevelsAndEachLevelsWithThem(string dynamic, int queue, int level)
    {
        ModelConfig config = ConfigText.Parse($"dynamic_batching {{ {dynamic} }}");
        EngineOptions options = new() { MaxQueuedRequests = 50 };
        ModelSignature signature = new()
        {
            Inputs = [],
            Outputs = [],
            MaxBatchSize = 8,
        };

        Assert.Equal(queue, ReplicaSettings.Limits(config, signature, 1, options).MaxQueuedRequests);
        Assert.Equal(level, ReplicaSettings.Queue(config, firstRowSeconds: 0).Of(2).MaxQueuedRequests);
    }

    [Theory]
    [InlineData("direct { max_queue_delay_microseconds: 3000 }", 0, 0)]
    [InlineData("direct { max_queue_delay_microseconds: 3000 minimum_slot_utilization: 0.5 }", 4, 3)]
    [InlineData("direct { max_queue_delay_microseconds: 3000 minimum_slot_utilization: 1 }", 8, 3)]
    [InlineData("oldest { max_queue_delay_microseconds: 3000 preferred_batch_size: 2 }", 0, 3)]
    public void Limits_ASequenceStrategy_SaysWhatIsWorthWaitingFor(string strategy, int enough, double delayMs)
    {
        ModelConfig config = ConfigText.Parse($"sequence_batching {{ {strategy} }}");
        ModelSignature signature = new()
        {
            Inputs = [],
            Outputs = [],
            MaxBatchSize = 8,
        };

        BatchLimits limits = ReplicaSettings.Limits(config, signature, 1, new EngineOptions());

        Assert.Equal((enough, delayMs), (limits.EnoughRows, limits.MaxDelay.TotalMilliseconds));
    }
}
