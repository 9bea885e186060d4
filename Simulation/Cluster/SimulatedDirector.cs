using System.Collections.Immutable;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Cluster;

/// <summary>The director of the twin: from reports to a plan, by production's planner, and what follows from it.</summary>
internal sealed class SimulatedDirector
{
    private readonly IPlanner _planner;
    private readonly SimulationClock _clock;
    private readonly PlanCarrier _carrier;
    private readonly RoutePublisher _routes;
    private readonly ClusterWindowTracker _windows = new();
    private readonly ImmutableSortedDictionary<string, DesiredModel> _desired;
    private readonly Dictionary<string, ModelPin> _pins;

    /// <summary>Creates it.</summary>
    /// <param name="state">The models that are to be served.</param>
    /// <param name="policy">Who plans, and how requests are divided.</param>
    /// <param name="plan">The plan that it starts from.</param>
    /// <param name="clock">Simulated time.</param>
    /// <param name="carrier">Carries plans out.</param>
    /// <param name="routes">Publishes where requests can go.</param>
    public SimulatedDirector(
        TwinState state,
        SimulatedPolicy policy,
        ClusterPlan plan,
        SimulationClock clock,
        PlanCarrier carrier,
        RoutePublisher routes
    )
    {
        Plan = plan;
        _planner = policy.Planner;
        _clock = clock;
        _carrier = carrier;
        _routes = routes;
        _desired = state.World.Models.ToImmutableSortedDictionary(
            model => model.Name,
            model => new DesiredModel
            {
                Revision = "1",
                MemoryBytes = model.MemoryBytes,
                IsRequested = true,
            }
        );
        _pins = policy.LoadBalance is { } balance
            ? state.Names.ToDictionary(name => name, _ => new ModelPin { LoadBalance = balance })
            : [];
    }

    /// <summary>The plan in force.</summary>
    public ClusterPlan Plan { get; private set; }

    /// <summary>Looks at the cluster through what its nodes report; without any report it does nothing.</summary>
    public void Decide(NodeReport[] reports)
    {
        if (reports.Length == 0)
        {
            return;
        }
        ClusterObservation seen = ClusterObserver.Observe(
            reports,
            _desired,
            _pins,
            drained: new HashSet<string>(),
            failures: new Dictionary<(Orleans.Runtime.SiloAddress, string), string>(),
            demand: new Dictionary<string, double>()
        );
        ClusterObservation observation = seen with
        {
            Now = _clock.Now,
            Reports = reports,
            Window = _windows.Advance(reports, _clock.Now),
        };
        ClusterPlan plan = _planner.Plan(observation, Plan);
        if (!PlanComparison.AreAlike(plan, Plan))
        {
            Plan = plan with { Epoch = Plan.Epoch + 1 };
        }
        _carrier.Apply(Plan);
        _routes.Publish(Plan);
    }
}
