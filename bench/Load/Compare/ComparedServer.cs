using System.Net;

namespace OrleansInference.Load.Compare;

/// <summary>One side of a comparison.</summary>
internal abstract class ComparedServer(string name, IPEndPoint target) : IDisposable
{
    public string Name { get; } = name;

    /// <summary>Where the compared protocol is served.</summary>
    public IPEndPoint Target { get; } = target;

    /// <summary>The process whose CPU time is reported, or null where it is not known.</summary>
    public abstract int? Id { get; }

    public abstract Task WaitReadyAsync(CancellationToken cancellation);

    /// <summary>
    /// Waits until the server gives the expected answer: a model may still load after the server is ready.
    /// </summary>
    public abstract Task WaitCorrectAsync(ComparedModel model, IInferProtocol protocol, CancellationToken cancellation);

    /// <summary>Waits until the server is ready and gives the expected answer of every model.</summary>
    public async Task WaitServingAsync(ComparedModel[] models, IInferProtocol protocol, CancellationToken cancellation)
    {
        await WaitReadyAsync(cancellation);
        foreach (var model in models)
        {
            await WaitCorrectAsync(model, protocol, cancellation);
        }
    }

    /// <summary>Name, address, and what the server itself says that it is.</summary>
    public async Task<string> DescribeAsync(IInferProtocol protocol, CancellationToken cancellation) =>
        $"{Name} at {Target}"
        + (await protocol.MetadataAsync(Target, cancellation) is { } metadata ? $", which is {metadata}" : "");

    public abstract void Dispose();
}
