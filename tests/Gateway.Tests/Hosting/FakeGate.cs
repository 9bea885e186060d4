using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Lets everybody in unless a test says otherwise, and counts who is in.</summary>
internal sealed class FakeGate : IAdmissionGate
{
    private int _inside;

    public Func<AdmissionRequest, AdmissionOutcome?> Handler { get; set; } = _ => null;

    public AdmissionRequest Last { get; private set; }

    public int Inside => _inside;

    public AdmissionOutcome TryEnter(in AdmissionRequest request)
    {
        Last = request;
        if (Handler(request) is { } outcome)
        {
            return outcome;
        }
        Interlocked.Increment(ref _inside);
        return new AdmissionOutcome(new Ticket(this), "", TimeSpan.Zero);
    }

    public IReadOnlyList<TenantStatistics> GetTenants() => [new("t", 3, 2, 1, 0, Inside)];

    private sealed class Ticket(FakeGate gate) : AdmissionTicket
    {
        public override void Dispose() => Interlocked.Decrement(ref gate._inside);
    }
}
