namespace OrleansInference.Engine.Scheduling;

/// <summary>Something that takes turns on the engine's threads.</summary>
internal interface IEngineWork
{
    /// <summary>Does one turn: at most one batch. Must not throw.</summary>
    /// <returns>Whether it wants another turn.</returns>
    bool RunTurn(EngineThread thread);
}
