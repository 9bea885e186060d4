namespace OrleansInference.Engine.Scheduling;

/// <summary>Something that takes turns on the engine's threads.</summary>
internal interface IEngineWork
{
    /// <summary>Whether its next turn is known to end so soon that a handover to another thread costs more.</summary>
    bool IsShort { get; }

    /// <summary>Does one turn: at most one batch. Must not throw.</summary>
    /// <returns>Whether it wants another turn.</returns>
    bool RunTurn(EngineThread thread);
}
