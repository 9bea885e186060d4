namespace OrleansInference.Load.Cluster;

/// <summary>What one tenant sends: Poisson arrivals, an open loop.</summary>
internal sealed record TenantTraffic(string Tenant, double PerSecond);
