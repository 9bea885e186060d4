using System.Collections.Immutable;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Observation;

public sealed class DesiredModelsTests
{
    private static readonly ImmutableSortedDictionary<string, DesiredModel> None = ImmutableSortedDictionary<
        string,
        DesiredModel
    >.Empty;

    [Fact]
    public void Merge_AWantedOffer_IsServed() =>
        Assert.Equal("r", Merge(None, Clusters.Report(0, serves: ("a", "r")))["a"].Revision);

    [Fact]
    public void Merge_AnOfferThatNobodyWants_IsNot() =>
        Assert.Empty(Merge(None, Offering(0, "a", "r", age: 0, wanted: false)));

    [Fact]
    public void Merge_TwoRevisions_ServesTheNewerWhoeverCameLast()
    {
        NodeReport old = Offering(0, "a", "old", age: 1);
        NodeReport newer = Offering(1, "a", "new", age: 2);

        Assert.Equal("new", Merge(None, newer, old)["a"].Revision);
        Assert.Equal("new", Merge(Merge(None, newer), old)["a"].Revision);
        Assert.Equal("new", Merge(Merge(None, old), newer)["a"].Revision);
    }

    [Fact]
    public void Merge_NothingNew_IsTheSameObject()
    {
        ImmutableSortedDictionary<string, DesiredModel> desired = Merge(None, Clusters.Report(0, serves: ("a", "r")));

        Assert.Same(desired, Merge(desired, Clusters.Report(0, serves: ("a", "r")), Clusters.Report(1)));
    }

    [Fact]
    public void Merge_AWithdrawnFolder_TakesItsModelUnlessItIsWantedOrWasAskedFor()
    {
        ImmutableSortedDictionary<string, DesiredModel> desired = Merge(None, Clusters.Report(0, serves: ("a", "r")));
        NodeReport withdrawn = Clusters.Report(0) with { Withdrawn = ["a"] };

        Assert.Empty(Merge(desired, withdrawn));
        Assert.Single(Merge(desired, withdrawn, Clusters.Report(1, serves: ("a", "r"))));
        Assert.Single(Merge(desired.SetItem("a", desired["a"] with { IsRequested = true }), withdrawn));
    }

    [Fact]
    public void Merge_AnOfferOfWhatIsBeingUnloaded_IsAnEcho() =>
        Assert.Empty(DesiredModels.Merge(None, [Clusters.Report(0, serves: ("a", "r"))], new HashSet<string> { "a" }));

    private static ImmutableSortedDictionary<string, DesiredModel> Merge(
        ImmutableSortedDictionary<string, DesiredModel> desired,
        params NodeReport[] reports
    ) => DesiredModels.Merge(desired, reports, new HashSet<string>());

    private static NodeReport Offering(int node, string model, string revision, int age, bool wanted = true) =>
        Clusters.Report(node) with
        {
            Offers = [new ModelOffer(model, revision, DateTimeOffset.UnixEpoch.AddHours(age), 10, wanted)],
        };
}
