using System.Runtime.CompilerServices;

namespace OrleansInference.Scheduling.Queues;

/// <summary>
/// Place in line: background work behind everything else, then priority (1 before 2), then the earlier of hard deadline
/// and latency objective, then arrival.
/// </summary>
public readonly record struct OrderKey(bool Background, ulong Priority, TimeSpan Due, long Sequence)
    : IComparable<OrderKey>
{
    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CompareTo(OrderKey other)
    {
        if (Background != other.Background)
        {
            return Background ? 1 : -1;
        }
        if (Priority != other.Priority)
        {
            return Priority < other.Priority ? -1 : 1;
        }
        // No two in a queue are equal: a sequence number is given out once.
        int due = Due.CompareTo(other.Due);
        return due != 0 ? due : Sequence.CompareTo(other.Sequence);
    }

    // Each step down a queue's tree asks this: on the way of every request.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(OrderKey left, OrderKey right) => left.CompareTo(right) < 0;

    public static bool operator >(OrderKey left, OrderKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(OrderKey left, OrderKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(OrderKey left, OrderKey right) => left.CompareTo(right) >= 0;
}
