namespace OrleansInference.Engine.Scheduling;

/// <summary>Gives turns to what asks for them; <see cref="EngineScheduler"/> does so on threads.</summary>
internal interface IEngineScheduler
{
    /// <summary>Queues one turn.</summary>
    void Schedule(IEngineWork work);

    /// <summary>Queues one turn that is taken only when there is nothing else to do.</summary>
    void ScheduleIdle(IEngineWork work);

    /// <summary>Queues one turn that is known to be short.</summary>
    void ScheduleShort(IEngineWork work);
}
