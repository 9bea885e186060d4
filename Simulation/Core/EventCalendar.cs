namespace OrleansInference.Simulation.Core;

/// <summary>
/// Events in order of time, first come first served within a moment: a heap with four children a node.
/// </summary>
internal sealed class EventCalendar
{
    private SimulatedEvent[] _heap = new SimulatedEvent[256];
    private int _count;
    private long _sequence;

    /// <summary>When the next event happens, ticks; <see cref="long.MaxValue"/> where there is none.</summary>
    public long NextAt => _count == 0 ? long.MaxValue : _heap[0].At;

    /// <summary>Adds an event.</summary>
    public void Add(long at, EventKind kind, int target, object? state = null)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
        }
        SimulatedEvent added = new(at, _sequence++, kind, target, state);
        int i = _count++;
        while (i > 0)
        {
            int parent = (i - 1) >> 2;
            if (_heap[parent].At <= at)
            {
                break;
            }
            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = added;
    }

    /// <summary>Takes the next event; there must be one.</summary>
    public SimulatedEvent Take()
    {
        SimulatedEvent first = _heap[0];
        SimulatedEvent last = _heap[--_count];
        _heap[_count] = default;
        int i = 0;
        while (true)
        {
            int child = (i << 2) + 1;
            if (child >= _count)
            {
                break;
            }
            int least = child;
            int end = Math.Min(child + 4, _count);
            for (int c = child + 1; c < end; c++)
            {
                if (IsBefore(_heap[c], _heap[least]))
                {
                    least = c;
                }
            }

            if (!IsBefore(_heap[least], last))
            {
                break;
            }
            _heap[i] = _heap[least];
            i = least;
        }

        if (_count > 0)
        {
            _heap[i] = last;
        }
        return first;
    }

    private static bool IsBefore(in SimulatedEvent one, in SimulatedEvent other) =>
        one.At < other.At || (one.At == other.At && one.Sequence < other.Sequence);
}
