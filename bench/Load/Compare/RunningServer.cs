using System.Net;
using System.Net.Sockets;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Compare;

/// <summary>A server that somebody else started, and that must be ready: nothing is waited for.</summary>
internal sealed class RunningServer : ComparedServer
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly string url;

    private RunningServer(string url, IPEndPoint target, int? process)
        : base("other", target)
    {
        this.url = url;
        Id = process;
    }

    public override int? Id { get; }

    /// <summary>The server of <c>--against</c>, with the process of <c>--against-pid</c>.</summary>
    /// <exception cref="UsageException">Not a URL, not a known host, or no such process.</exception>
    public static RunningServer From(ArgumentSet arguments)
    {
        var url = arguments.Required("against");
        var process = arguments.Has("against-pid") ? arguments.Integer("against-pid", 0, 1) : (int?)null;
        if (process is not null && ProcessCpu.Seconds(process) is null)
        {
            throw new UsageException($"Option --against-pid: /proc shows no process {process} on this machine.");
        }
        return new RunningServer(url, ServerUrl.Resolve("against", url), process);
    }

    public override async Task WaitReadyAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ConnectLimit);
        try
        {
            using var socket = new Socket(Target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(Target, limit.Token);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new InvalidOperationException(
                $"--against {url} cannot be reached: "
                    + (
                        failure is SocketException ? failure.Message : $"no connection in {ConnectLimit.TotalSeconds} s"
                    ),
                failure
            );
        }
    }

    public override async Task WaitCorrectAsync(
        ComparedModel model,
        IInferProtocol protocol,
        CancellationToken cancellation
    )
    {
        if (await protocol.ProblemAsync(Target, model, cancellation) is { } problem)
        {
            throw new InvalidOperationException(
                $"--against {url}, model {model.Name}: {problem.TrimEnd('.')}. It must serve the measured models under their "
                    + "names: compare-models writes them, --only leaves some out."
            );
        }
    }

    public override void Dispose() { }
}
