namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Which looks of the fast loop may be passed over: those after so many without anything new that every mean over looks
/// has settled. Not thread-safe.
/// </summary>
internal sealed class QuietLooks
{
    /// <summary>Looks without anything new after which every mean over looks has settled.</summary>
    public const int Settled = 60;

    private int _looks;

    /// <summary>Counts a look in.</summary>
    /// <param name="isAsBefore">Whether nothing is new since the last one.</param>
    /// <returns>Whether it may be passed over.</returns>
    public bool MayPass(bool isAsBefore)
    {
        _looks = isAsBefore ? _looks + 1 : 0;
        return _looks > Settled;
    }
}
