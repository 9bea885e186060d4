using System.Text.Json;
using OrleansInference.Cli.Connection;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary>The calls that several commands make.</summary>
internal static class ClusterCalls
{
    /// <summary>The cluster's state.</summary>
    /// <exception cref="CliException">The server does not answer or is of another kind.</exception>
    public static async Task<JsonDocument> StateAsync(ServerConnection server, CancellationToken cancellationToken) =>
        (
            await server.CallAsync(
                HttpMethod.Get,
                "/v2/cluster",
                missing: "this server is no cluster of ours (GET /v2/cluster)",
                cancellationToken: cancellationToken
            )
        )!;
}
