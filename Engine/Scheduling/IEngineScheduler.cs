namespace OrleansInference.Engine.Scheduling;

/// <summary>Gives turns to what asks for them; <see cref="EngineScheduler"/> does so on threads.</summary>
internal interface IEngineScheduler
{
    /// <summary>
    /// Queues one turn: on the engine's own threads, or on the thread pool where it is known to be short.
    /// </summary>
    void Schedule(IEngineWork work);

    /// <summary>
    /// Takes one turn on the calling thread, and a few more where the work wants them; queues it where the thread is in
    /// a turn already.
    /// </summary>
    void RunHere(IEngineWork work);

    /// <summary>Queues one turn that is taken only when there is nothing else to do.</summary>
    void ScheduleIdle(IEngineWork work);
}
