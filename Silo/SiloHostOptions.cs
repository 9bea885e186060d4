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

    /// <summary>
    /// Redis that keeps the cluster's members and state, <c>HOST:PORT</c> or a StackExchange.Redis configuration; empty
    /// for none.
    /// </summary>
    public string Redis { get; set; } = "";

    /// <summary>
    /// Without Redis: the silo on this machine that is to be joined, <c>HOST:SILOPORT</c>; empty to begin a cluster.
    /// </summary>
    public string Join { get; set; } = "";

    /// <summary>
    /// The cluster's name: silos of another name keep apart, also in the same Redis. The default is that of Orleans'
    /// clients.
    /// </summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Silo:ClusterId (--cluster-id) must not be empty.")]
    public string ClusterId { get; set; } = "default";

    /// <summary>
    /// The address by which other silos and Orleans clients reach this one; by default the one that it listens on, or
    /// the machine's first.
    /// </summary>
    public string Advertise { get; set; } = "";

    /// <summary>
    /// PEM file of the certificate that this silo shows to other silos and Orleans clients; empty for links without
    /// TLS.
    /// </summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file of the certificate's private key; empty where the certificate's file has it.</summary>
    public string CertificateKeyFile { get; set; } = "";

    /// <summary>PEM file of the authorities whose certificates other silos and clients must show.</summary>
    public string AuthorityFile { get; set; } = "";

    /// <summary>
    /// Whether it runs in a Kubernetes pod, whose labels and environment then name it, its address and its cluster.
    /// </summary>
    public bool Kubernetes { get; set; }
}
