using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Access;

/// <summary><c>GET /v2/tenants</c>: admitted and refused requests of each tenant on this node.</summary>
internal sealed class TenantsEndpoint(IAdmissionGate gate, JsonAnswer answer)
{
    /// <summary>Lists them.</summary>
    public Task ListAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "tenants",
            () =>
                JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray("tenants");
                        foreach (TenantStatistics tenant in gate.GetTenants())
                        {
                            json.WriteStartObject();
                            json.WriteString("tenant", tenant.Tenant);
                            json.WriteNumber("admitted", tenant.Admitted);
                            json.WriteNumber("over_quota", tenant.OverQuota);
                            json.WriteNumber("over_share", tenant.OverShare);
                            json.WriteNumber("overloaded", tenant.Overloaded);
                            json.WriteNumber("outstanding", tenant.Outstanding);
                            json.WriteEndObject();
                        }

                        json.WriteEndArray();
                    }
                )
        );
}
