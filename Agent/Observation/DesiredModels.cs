using System.Collections.Immutable;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Observation;

/// <summary>What the cluster is to serve follows from what nodes offer and what was asked for. Pure.</summary>
public static class DesiredModels
{
    /// <summary>
    /// Takes offers in: models that are wanted without being asked for, and newer contents of those that are served.
    /// </summary>
    /// <param name="desired">What was desired before.</param>
    /// <param name="reports">What nodes say.</param>
    /// <param name="unloading">Models that were just asked to go, whose offers are echoes.</param>
    /// <returns>What is desired now; the same object where nothing changed.</returns>
    public static ImmutableSortedDictionary<string, DesiredModel> Merge(
        ImmutableSortedDictionary<string, DesiredModel> desired,
        IEnumerable<NodeReport> reports,
        IReadOnlySet<string> unloading
    )
    {
        ArgumentNullException.ThrowIfNull(desired);
        List<NodeReport> all = [.. reports];
        foreach (
            ModelOffer offer in all.SelectMany(report => report.Offers)
                .Where(offer => !unloading.Contains(offer.Name))
                .OrderBy(offer => offer.ContentTime)
                .ThenBy(offer => offer.Revision, StringComparer.Ordinal)
        )
        {
            if (desired.TryGetValue(offer.Name, out DesiredModel? known))
            {
                if (offer.Revision == known.Revision)
                {
                    if (offer.MemoryBytes > known.MemoryBytes)
                    {
                        desired = desired.SetItem(offer.Name, known with { MemoryBytes = offer.MemoryBytes });
                    }
                }
                // Two repositories may differ: the newer contents are the cluster's.
                else if (offer.ContentTime > known.ContentTime)
                {
                    desired = desired.SetItem(
                        offer.Name,
                        known with
                        {
                            Revision = offer.Revision,
                            ContentTime = offer.ContentTime,
                            MemoryBytes = offer.MemoryBytes,
                        }
                    );
                }
            }
            else if (offer.IsWanted)
            {
                desired = desired.SetItem(
                    offer.Name,
                    new DesiredModel
                    {
                        Revision = offer.Revision,
                        ContentTime = offer.ContentTime,
                        MemoryBytes = offer.MemoryBytes,
                    }
                );
            }
        }

        // A folder that went takes its model with it, unless somebody else still wants that.
        HashSet<string> wanted =
        [
            .. all.SelectMany(report => report.Offers).Where(offer => offer.IsWanted).Select(offer => offer.Name),
        ];
        foreach (string gone in all.SelectMany(report => report.Withdrawn).Distinct())
        {
            if (!wanted.Contains(gone) && desired.TryGetValue(gone, out DesiredModel? model) && !model.IsRequested)
            {
                desired = desired.Remove(gone);
            }
        }

        return desired;
    }
}
