using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Silo;

/// <summary>The silo's own endpoints. Configuration section <c>Silo</c>.</summary>
internal sealed class SiloHostOptions
{
    /// <summary>Port for other silos.</summary>
    [Range(1, 65535, ErrorMessage = "Silo:SiloPort (--silo-port) must be from 1 to 65535.")]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for Orleans clients.</summary>
    [Range(1, 65535, ErrorMessage = "Silo:GatewayPort (--gateway-port) must be from 1 to 65535.")]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Redis that keeps the cluster's members and state, <c>HOST:PORT</c> or a StackExchange.Redis configuration; empty for none.</summary>
    public string Redis { get; set; } = "";

    /// <summary>Without Redis: the silo on this machine that is to be joined, <c>HOST:SILOPORT</c>; empty to begin a cluster.</summary>
    public string Join { get; set; } = "";

    /// <summary>The cluster's name: silos of another name keep apart, also in the same Redis. The default is that of Orleans' clients.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Silo:ClusterId (--cluster-id) must not be empty.")]
    public string ClusterId { get; set; } = "default";
}
