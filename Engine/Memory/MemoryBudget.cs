namespace OrleansInference.Engine.Memory;

/// <summary>Bytes that loaded models may take together. What does not fit is refused with the sum, not tried.</summary>
public sealed class MemoryBudget(long capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _holders = [];

    /// <summary>All bytes there are.</summary>
    public long Capacity => capacity;

    /// <summary>Bytes reserved.</summary>
    public long Reserved { get; private set; }

    /// <summary>
    /// Reserves <paramref name="bytes"/>; null and the reason where they do not fit. Disposing gives them back.
    /// </summary>
    public MemoryReservation? TryReserve(string holder, long bytes, out string reason)
    {
        lock (_lock)
        {
            if (Reserved + bytes > capacity)
            {
                string largest = string.Join(
                    ", ",
                    _holders
                        .OrderByDescending(pair => pair.Value)
                        .Take(3)
                        .Select(pair => $"{pair.Key} {pair.Value >> 20} MiB")
                );
                string holders = largest.Length > 0 ? $"; the largest holders are {largest}" : "";
                reason =
                    $"{holder} needs about {bytes >> 20} MiB and {(capacity - Reserved) >> 20} of "
                    + $"{capacity >> 20} MiB are free (Engine:MemoryLimitMiB){holders}";
                return null;
            }

            Reserved += bytes;
            _holders[holder] = _holders.GetValueOrDefault(holder) + bytes;
        }

        reason = "";
        return new MemoryReservation(bytes, () => Release(holder, bytes));
    }

    private void Release(string holder, long bytes)
    {
        lock (_lock)
        {
            Reserved -= bytes;
            if ((_holders[holder] -= bytes) <= 0)
            {
                _holders.Remove(holder);
            }
        }
    }
}
