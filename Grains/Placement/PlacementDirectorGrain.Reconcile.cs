using System.Collections.Immutable;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Placement;

/// <content>One look at the cluster: collect, decide, store, publish, carry out.</content>
internal sealed partial class PlacementDirectorGrain
{
    /// <summary>Looks now, or again after the look that is under way.</summary>
    private void LookSoon()
    {
        if (_looking)
        {
            _again = true;
        }
        else
        {
            _ = LookAsync();
        }
    }

    private async Task UntilAsync(Func<bool> reached)
    {
        while (true)
        {
            await LookAsync();
            if (reached())
            {
                return;
            }
            await _looked.Task;
        }
    }

    private async Task LookAsync()
    {
        if (_looking)
        {
            // What was asked for meanwhile is seen by the next look only.
            _again = true;
            await _looked.Task;
            return;
        }

        _looking = true;
        try
        {
            do
            {
                _again = false;
                await LookOnceAsync();
            } while (_again);
        }
        catch (InconsistentStateException exception)
        {
            // Another director has written: it is the one.
            LogReplaced(exception.Message);
            DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            // Whatever it is, nodes go on with what they have, and the next look may do better.
            LogFailed(exception);
        }
        finally
        {
            _looking = false;
            TaskCompletionSource looked = _looked;
            _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            looked.TrySetResult();
        }
    }

    private async Task LookOnceAsync()
    {
        await _telemetry.CollectAsync();
        _observedAt = _time.GetUtcNow();
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
        // What was asked for meanwhile counts.
        next = next with
        {
            Pins = _state.Pins,
            Drained = _state.Drained,
            Mode = _state.Mode,
            Decisions = Worthwhile(next.Decisions),
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
        _executor.Carry(_state.Plan, _telemetry.Answering);
    }

    /// <summary>Where storage has lost the plan, or never had it, the nodes' own is the one to go on from.</summary>
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
            return 0;
        }
    }
}
