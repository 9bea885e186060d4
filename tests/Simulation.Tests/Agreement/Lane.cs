using OrleansInference.Engine.Scheduling;

namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>
/// A thread that takes turns, and stands still while its batch runs. It and whoever drives it go one at a time, so that
/// the order of what happens is the driver's.
/// </summary>
internal sealed class Lane : IDisposable
{
    private readonly SemaphoreSlim _go = new(0);
    private readonly SemaphoreSlim _back = new(0);
    private readonly Thread _thread;
    private IEngineWork? _work;

    public Lane()
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "lane" };
        _thread.Start();
    }

    public EngineThread State { get; } = new();

    /// <summary>What took its last turn.</summary>
    public IEngineWork Work => _work!;

    /// <summary>Whether its turn is over; else its batch runs.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether its last turn wants another one.</summary>
    public bool IsWantedAgain { get; private set; }

    /// <summary>Begins a turn, up to where its batch runs or the turn is over.</summary>
    public void Begin(IEngineWork work)
    {
        _work = work;
        Resume();
    }

    /// <summary>Goes on, up to where the next batch runs or the turn is over.</summary>
    public void Resume()
    {
        _go.Release();
        _back.Wait();
    }

    /// <summary>Called on its thread: stands still until it is resumed.</summary>
    public void Stand()
    {
        _back.Release();
        _go.Wait();
    }

    public void Dispose()
    {
        _work = null;
        _go.Release();
        _thread.Join();
        State.Dispose();
        _go.Dispose();
        _back.Dispose();
    }

    private void Loop()
    {
        _go.Wait();
        while (_work is { } work)
        {
            IsOver = false;
            IsWantedAgain = work.RunTurn(State);
            IsOver = true;
            _back.Release();
            _go.Wait();
        }
    }
}
