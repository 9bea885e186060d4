using System.Diagnostics;

namespace OrleansInference.Silo.Tests;

/// <summary>
/// Hosts of their own on this machine: network namespaces on one bridge, whose links can be cut pairwise. Linux, as
/// root.
/// </summary>
public sealed class NetworkNamespaces : IAsyncDisposable
{
    private readonly string _id = $"oi{Environment.ProcessId % 10_000}";
    private readonly int _net = 16 + (Environment.ProcessId % 200);
    private readonly int _count;

    private NetworkNamespaces(int count) => _count = count;

    /// <summary>Why there can be none; empty where there can.</summary>
    public static string Obstacle =>
        !OperatingSystem.IsLinux() ? "network namespaces are Linux'"
        : Environment.UserName != "root" ? "network namespaces need root"
        : !File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") && !File.Exists("/bin/ip")
            ? "iproute2 is not installed"
        : "";

    /// <summary>This machine's own address among them.</summary>
    public string Bridge => $"10.213.{_net}.1";

    public string Name(int host) => $"{_id}n{host}";

    public string Address(int host) => $"10.213.{_net}.{10 + host}";

    /// <summary>Makes them; null where this machine does not allow it.</summary>
    public static async Task<NetworkNamespaces?> CreateAsync(int count)
    {
        NetworkNamespaces hosts = new(count);
        try
        {
            // The bridge is in a namespace of its own, where no firewall of this machine's sees what crosses it.
            await IpAsync($"netns add {hosts._id}hub");
            await IpAsync($"-n {hosts._id}hub link add name bridge0 type bridge");
            await IpAsync($"-n {hosts._id}hub link set bridge0 up");
            await IpAsync($"link add {hosts._id}v type veth peer name root netns {hosts._id}hub");
            await IpAsync($"-n {hosts._id}hub link set root master bridge0 up");
            await IpAsync($"addr add {hosts.Bridge}/24 dev {hosts._id}v");
            await IpAsync($"link set {hosts._id}v up");
            for (int i = 0; i < count; i++)
            {
                await IpAsync($"netns add {hosts.Name(i)}");
                await IpAsync($"-n {hosts._id}hub link add v{i} type veth peer name eth0 netns {hosts.Name(i)}");
                await IpAsync($"-n {hosts._id}hub link set v{i} master bridge0 up");
                await IpAsync($"-n {hosts.Name(i)} addr add {hosts.Address(i)}/24 dev eth0");
                await IpAsync($"-n {hosts.Name(i)} link set eth0 up");
                await IpAsync($"-n {hosts.Name(i)} link set lo up");
            }

            return hosts;
        }
        catch (InvalidOperationException)
        {
            await hosts.DisposeAsync();
            return null;
        }
    }

    /// <summary>Waits until every host reaches a port of this machine: a new link carries nothing for a moment.</summary>
    public async Task ReachAsync(int port, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        for (int i = 0; i < _count; i++)
        {
            while (!await ConnectsAsync($"netns exec {Name(i)} bash -c \"exec 3<>/dev/tcp/{Bridge}/{port}\""))
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    /// <summary>Cuts two hosts from each other: what one sends to the other is lost without a word.</summary>
    public async Task CutAsync(int one, int other)
    {
        await IpAsync($"-n {Name(one)} route add blackhole {Address(other)}/32");
        await IpAsync($"-n {Name(other)} route add blackhole {Address(one)}/32");
    }

    /// <summary>Joins them again.</summary>
    public async Task HealAsync(int one, int other)
    {
        await IpAsync($"-n {Name(one)} route del blackhole {Address(other)}/32");
        await IpAsync($"-n {Name(other)} route del blackhole {Address(one)}/32");
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = 0; i < _count; i++)
        {
            await TryIpAsync($"netns del {Name(i)}");
        }
        await TryIpAsync($"link del {_id}v");
        await TryIpAsync($"netns del {_id}hub");
    }

    private static async Task<bool> ConnectsAsync(string arguments)
    {
        try
        {
            await IpAsync(arguments);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task TryIpAsync(string arguments)
    {
        try
        {
            await IpAsync(arguments);
        }
        catch (InvalidOperationException)
        {
            // It was never made.
        }
    }

    private static async Task IpAsync(string arguments)
    {
        using Process ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string error = await ip.StandardError.ReadToEndAsync();
        await ip.WaitForExitAsync();
        if (ip.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {arguments}: {error}");
        }
    }
}
