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
}
