using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Inference;

public sealed class AdmissionGateTests : IAsyncLifetime
{
    private ServedCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IAdmissionGate Gate => _cluster.Silos[0].GetRequiredService<IAdmissionGate>();

    public async ValueTask InitializeAsync()
    {
        _cluster = await ServedCluster.StartAsync(
            ModelControlMode.Explicit,
            (
                "scale",
                FixtureModels.Scale(3, 2f),
                "max_batch_size: 1\ndynamic_batching { default_queue_policy { max_queue_size: 3 } "
                    + "}\ninstance_group { count: 1 }"
            )
        );
        await _cluster.Repository.LoadAsync("scale", null, Token);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public void TryEnter_AFullQueue_IsRefusedUntilSomebodyLeaves()
    {
        List<AdmissionOutcome> inside = [.. Enumerable.Range(0, 4).Select(_ => Enter("a"))];
        Assert.All(inside, outcome => Assert.NotNull(outcome.Ticket));

        AdmissionOutcome refused = Enter("a");
        Assert.Null(refused.Ticket);
        Assert.Contains("'scale'", refused.Message, StringComparison.Ordinal);
        inside[0].Ticket!.Dispose();
        inside[0].Ticket!.Dispose();
        Assert.NotNull(Enter("a").Ticket);
        Assert.Null(Enter("a").Ticket);
    }

    [Fact]
    public void TryEnter_OverTheQuota_IsRefusedWithTheTimeToWait()
    {
        for (int i = 0; i < 2; i++)
        {
            Enter("a", quota: 2).Ticket!.Dispose();
        }

        AdmissionOutcome refused = Enter("a", quota: 2);

        Assert.Null(refused.Ticket);
        Assert.Contains("quota of 2 requests a second", refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.RetryAfter.TotalSeconds, 0.001, 0.5);
        Assert.NotNull(Enter("b", quota: 2).Ticket);
        Assert.Equal(
            [("a", 2L, 1L), ("b", 1L, 0L)],
            Gate.GetTenants().Select(tenant => (tenant.Tenant, tenant.Admitted, tenant.OverQuota))
        );
    }

    [Fact]
    public void TryEnter_AnUnknownModel_IsLeftToTheDispatcher() =>
        Assert.NotNull(Gate.TryEnter(new AdmissionRequest("nobody", "", "a", 1, 0, TimeSpan.FromTicks(1))).Ticket);

    [Fact]
    public async Task InferAsync_AModelReplacedSinceItsTicket_IsAnsweredByTheSuccessor()
    {
        using AdmissionTicket ticket = Enter("a").Ticket!;
        await _cluster.Repository.UnloadAsync("scale", unloadDependents: false, Token);
        await _cluster.Repository.LoadAsync("scale", null, Token);

        using InferenceAnswer answer = await InferAsync(ticket);

        Assert.Equal(InferenceError.None, answer.Error);
        Assert.Equal([2f, 4f, 6f], MemoryMarshal.Cast<byte, float>(answer.Outputs[0].Data.Span).ToArray());
    }

    [Fact]
    public async Task InferAsync_AModelUnloadedSinceItsTicket_IsAnsweredWithAnError()
    {
        using AdmissionTicket ticket = Enter("a").Ticket!;
        await _cluster.Repository.UnloadAsync("scale", unloadDependents: false, Token);

        using InferenceAnswer answer = await InferAsync(ticket);

        Assert.Equal(InferenceError.Unavailable, answer.Error);
        Assert.Contains("'scale'", answer.ErrorMessage, StringComparison.Ordinal);
    }

    private ValueTask<InferenceAnswer> InferAsync(AdmissionTicket ticket) =>
        _cluster.Dispatcher.InferAsync(Tensors.Floats("scale", 1, 3, i => i + 1), ticket, Token);

    private AdmissionOutcome Enter(string tenant, double quota = 0) =>
        Gate.TryEnter(new AdmissionRequest("scale", "", tenant, 1, quota, TimeSpan.Zero));
}
