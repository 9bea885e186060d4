using System.Collections.Immutable;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Placement;

/// <content>One reconciliation: collect, decide, store, publish, apply.</content>
internal sealed partial class PlacementDirectorGrain
{
    /// <summary>Reconciles now, or once more after the reconciliation under way.</summary>
    private void ReconcileSoon()
    {
        if (_reconciling)
        {
            _again = true;
        }
        else
        {
            // Not awaited: it catches what fails, and nobody waits for it.
            _ = ReconcileAsync();
        }
    }

    private async Task ReconcileUntilAsync(Func<bool> reached)
    {
        while (true)
        {
            await ReconcileAsync();
            if (reached())
            {
                return;
            }
            await _reconciled.Task;
        }
    }

    private async Task ReconcileAsync()
    {
        if (_reconciling)
        {
            // The reconciliation under way may have read the state before this request changed it: only the next one is
            // sure to see it.
            _again = true;
            await _reconciled.Task;
            return;
        }

        _reconciling = true;
        try
        {
            do
            {
                _again = false;
                await ReconcileOnceAsync();
            } while (_again);
        }
        catch (InconsistentStateException exception)
        {
            // Storage refuses a writer whose version is old: another director is in office.
            LogReplaced(exception.Message);
            DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            // Nodes go on with the plan that they have, and the next reconciliation may succeed.
            LogFailed(exception);
        }
        finally
        {
            _reconciling = false;
            // The next one is in place before those that wait go on, who may wait again at once.
            TaskCompletionSource reconciled = _reconciled;
            _reconciled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            reconciled.TrySetResult();
        }
    }

    private async Task ReconcileOnceAsync()
    {
        await _telemetry.CollectAsync();
        _observedAt = _time.GetUtcNow();
        // Where nobody answers, the cluster is not empty: it cannot be seen.
        if (_telemetry.Alive.Count == 0)
        {
            return;
        }
        _scores.Observe(_telemetry.Window, _observedAt);
        if (!_adopted)
        {
            await AdoptAsync();
        }
        _unloading.RemoveWhere(model =>
            _telemetry.Alive.All(report => report.Offers.All(offer => offer.Name != model))
        );
        DirectorState observed = _state;
        DirectorState next = _state with
        {
            Desired = DesiredModels.Merge(_state.Desired, _telemetry.Answering, _unloading),
        };
        ClusterObservation seen = ClusterObserver.Observe(
            _telemetry.Alive,
            next.Desired,
            next.Pins,
            next.Drained,
            _executor.Failures,
            _telemetry.Demand
        );
        ClusterObservation observation = seen with
        {
            Now = _telemetry.Window.Now,
            Reports = _telemetry.Alive,
            Window = _telemetry.Window,
        };
        // A decision may try plans out for a tenth of a second: not on a thread that membership depends on.
        ClusterPlan before = next.Plan;
        ClusterPlan plan = await Task.Run(() => _agent.Plan(observation, before));
        // Planning gave the turn up: what operators changed meanwhile must not be overwritten.
        next = next with
        {
            Pins = _state.Pins,
            Drained = _state.Drained,
            Mode = _state.Mode,
            Decisions = SelectDecisions(next.Decisions),
        };
        if (_state.Desired != observed.Desired)
        {
            next = next with { Desired = DesiredModels.Merge(_state.Desired, _telemetry.Answering, _unloading) };
        }
        if (!PlanComparison.AreAlike(plan, _state.Plan))
        {
            next = next with { Plan = plan with { Epoch = _state.Plan.Epoch + 1, CreatedAt = _time.GetUtcNow() } };
        }
        if (next != _state)
        {
            ClusterPlan former = _state.Plan;
            // Before anybody follows it: a director after a crash must not begin with an older epoch.
            await StoreAsync(next);
            if (!PlanComparison.AskTheSame(former, next.Plan))
            {
                LogPlanned(next.Plan.Epoch, next.Plan.Nodes.Length, next.Plan.Models.Length);
            }
        }

        RoutingTable routing = RoutingTables.Build(_state.Plan, _telemetry.Answering, _routing.Sequence + 1);
        if (!RoutingTables.AreAlike(routing, _routing))
        {
            _routing = routing;
        }
        await PublishAsync();
        _executor.Apply(_state.Plan, _telemetry.Answering);
    }

    /// <summary>Takes over the plan that the nodes follow, where storage has lost it or never had it.</summary>
    private async Task AdoptAsync()
    {
        long sequence = 0;
        foreach (
            NodeReport report in _telemetry.Alive.Where(report =>
                report.PlanEpoch >= _state.Plan.Epoch && report.PlanEpoch > 0
            )
        )
        {
            (ClusterPlan plan, RoutingTable routing) = await _services.Of(report.Address).GetPlanAsync();
            sequence = Math.Max(sequence, routing.Sequence);
            if (plan.Epoch <= _state.Plan.Epoch)
            {
                continue;
            }
            ImmutableSortedDictionary<string, DesiredModel> desired = _state.Desired;
            foreach (ModelPlan model in plan.Models.Where(model => !desired.ContainsKey(model.Name)))
            {
                ModelOffer? offer = _telemetry
                    .Alive.SelectMany(other => other.Offers)
                    .FirstOrDefault(offer => offer.Name == model.Name && offer.Revision == model.Revision);
                desired = desired.SetItem(
                    model.Name,
                    new DesiredModel
                    {
                        Revision = model.Revision,
                        ContentTime = plan.CreatedAt,
                        MemoryBytes = offer?.MemoryBytes ?? 0,
                        IsRequested = offer is not { IsWanted: true },
                    }
                );
            }

            ImmutableHashSet<string> drained =
            [
                .. _state.Drained,
                .. plan
                    .Nodes.Where(node =>
                        node.Draining && _telemetry.Alive.Any(other => other.Name == node.Name && !other.Draining)
                    )
                    .Select(node => node.Name),
            ];
            _state = _state with { Plan = plan, Desired = desired, Drained = drained };
        }

        // A director's first table is newer than any of its predecessor's.
        _routing = _routing with
        {
            Sequence = sequence,
        };
        _adopted = true;
    }

    private async Task PublishAsync()
    {
        ClusterPlan plan = _state.Plan;
        RoutingTable routing = _routing;
        if (routing.Epoch == 0 && plan.Epoch == 0)
        {
            return;
        }
        long[] epochs = await Task.WhenAll(
            _telemetry
                .Answering.Where(report => report.PlanEpoch < plan.Epoch || report.RoutingSequence < routing.Sequence)
                .Select(report => PublishAsync(report.Address, plan, routing))
        );
        if (epochs.All(epoch => epoch <= plan.Epoch))
        {
            return;
        }
        LogReplaced($"a node follows epoch {epochs.Max()}");
        DeactivateOnIdle();
    }

    private async Task<long> PublishAsync(SiloAddress node, ClusterPlan plan, RoutingTable routing)
    {
        try
        {
            return await _services.Of(node).ApplyPlanAsync(plan, routing).WaitAsync(Patience, _time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // Its report says what it follows, so that the next reconciliation sends the plan again.
            return 0;
        }
    }
}
