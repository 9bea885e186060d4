using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Gateway.Access;

/// <summary>Access control (<c>Access:</c>), besides the file of API keys.</summary>
public sealed class AccessOptions
{
    /// <summary>
    /// Address of an OpenID Connect provider whose access tokens are taken (<c>Authorization: Bearer TOKEN</c>); empty
    /// for none.
    /// </summary>
    public string Authority { get; set; } = "";

    /// <summary>
    /// PEM file of the public key that tokens are signed with, in place of an authority that can be asked; empty for
    /// none.
    /// </summary>
    public string TokenKeyFile { get; set; } = "";

    /// <summary>Issuer that tokens must name where <see cref="TokenKeyFile"/> is given.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Audience that tokens must name.</summary>
    public string Audience { get; set; } = "orleans-inference";

    /// <summary>
    /// Claim whose value or values are roles: infer, operate, admin; the highest counts, and a token without any is
    /// refused.
    /// </summary>
    [Required(AllowEmptyStrings = false)]
    public string RoleClaim { get; set; } = "roles";

    /// <summary>Claim that names the tenant; <c>sub</c> is taken where a token lacks it.</summary>
    [Required(AllowEmptyStrings = false)]
    public string TenantClaim { get; set; } = "tenant";

    /// <summary>Other origins whose pages may call this server, such as <c>https://tools.example.org</c>.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// Host names, besides this machine's own, under which a server without keys may be called. Others are refused: a
    /// page could point its own name at this machine (DNS rebinding).
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Hours until a log-in to the dashboard ends.</summary>
    [Range(0.01, 8760)]
    public double SessionHours { get; set; } = 12;

    /// <summary>File to which every action is appended, a JSON object a line; empty for the log alone.</summary>
    public string AuditFile { get; set; } = "";

    /// <summary>Whether pages of another origin may call this server.</summary>
    internal bool AllowsOrigin(string origin)
    {
        foreach (string allowed in AllowedOrigins)
        {
            // Browsers name an origin without a path; an address copied from one ends with a slash.
            if (allowed.AsSpan().TrimEnd('/').Equals(origin, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether access tokens are taken.</summary>
    internal bool TakesTokens => Authority.Length > 0 || TokenKeyFile.Length > 0;
}
