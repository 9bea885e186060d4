namespace OrleansInference.Agent.Planning;

/// <summary>The share of arrivals that wait in an M/M/c queue (Erlang 1917).</summary>
public static class ErlangC
{
    /// <summary>The probability of waiting.</summary>
    /// <param name="servers">Servers, ≥ 1.</param>
    /// <param name="load">Offered load ÷ servers; 1 and above always waits.</param>
    public static double Waiting(int servers, double load)
    {
        if (load >= 1)
        {
            return 1;
        }
        if (load <= 0)
        {
            return 0;
        }
        double offered = load * servers;
        double blocked = 1;
        for (int i = 1; i <= servers; i++)
        {
            blocked = offered * blocked / (i + (offered * blocked));
        }
        return blocked / (1 - (load * (1 - blocked)));
    }
}
