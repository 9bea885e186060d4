using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Balancing;

namespace OrleansInference.Agent.Planning;

/// <summary>A model's plan while it is made.</summary>
internal sealed class ModelDraft
{
    private const int MostRefusals = 8;

    private readonly ModelObservation _model;
    private readonly ModelPlan? _before;
    private readonly NodeRoom[] _open;
    private readonly List<(int Index, SiloAddress Node)> _replicas = [];
    private readonly List<string> _refusals = [];
    private readonly HashSet<SiloAddress> _taken = [];
    private readonly HashSet<SiloAddress> _places;
    private readonly HashSet<int> _indices;
    private readonly Queue<int> _homeless;
    private int _refused;
    private int _nextIndex;

    public ModelDraft(ModelObservation model, ModelPlan? before, NodeRoom[] open)
    {
        _model = model;
        _before = before;
        _open = model.Pin is { Nodes.Length: > 0 } pin
            ? Array.FindAll(open, room => pin.Nodes.Contains(room.Node.Name))
            : open;
        _places = [.. _open.Select(room => room.Node.Address)];
        _indices = [.. (before?.Replicas ?? []).Select(replica => replica.Index)];
        _homeless = new Queue<int>(
            (before?.Replicas ?? []).Where(replica => !_places.Contains(replica.Node)).Select(replica => replica.Index)
        );
        if (_open.Length == 0)
        {
            _refusals.Add(
                open.Length == 0
                    ? "there is no node"
                    : $"it is pinned to {string.Join(", ", model.Pin!.Nodes)}, none of which is there"
            );
        }
    }

    /// <summary>The model.</summary>
    public string Name => _model.Name;

    /// <summary>Whether it has no replica yet.</summary>
    public bool IsEmpty => _replicas.Count == 0;

    private bool IsFull => _model.Pin is { MaxReplicas: > 0 } pin && _replicas.Count >= pin.MaxReplicas;

    /// <summary>Keeps the first replica of the plan before that still has its place.</summary>
    public void KeepOne(Dictionary<SiloAddress, NodeRoom> rooms)
    {
        foreach (ReplicaPlan replica in _before?.Replicas ?? [])
        {
            if (TryKeep(replica, rooms))
            {
                return;
            }
        }
    }

    /// <summary>Keeps the other ones.</summary>
    public void KeepRest(Dictionary<SiloAddress, NodeRoom> rooms)
    {
        foreach (ReplicaPlan replica in _before?.Replicas ?? [])
        {
            TryKeep(replica, rooms);
        }
    }

    /// <summary>Places the first replica: where most memory is left.</summary>
    public void AddOne()
    {
        NodeRoom? best = null;
        foreach (NodeRoom room in _open)
        {
            if (
                CanTake(room)
                && (best is null || room.Load < best.Load || (room.Load == best.Load && room.Free > best.Free))
            )
            {
                best = room;
            }
        }

        if (best is not null)
        {
            Add(best);
        }
    }

    /// <summary>Places one on every other node that has room.</summary>
    /// <param name="isNew">Null for every node; else only where it says so, but everywhere for a model that had no
    /// plan.</param>
    public void AddRest(Func<SiloAddress, bool>? isNew)
    {
        foreach (NodeRoom room in _open)
        {
            if (IsFull)
            {
                return;
            }
            if (isNew is not null && _before is { Replicas.Length: > 0 } && !isNew(room.Node.Address))
            {
                continue;
            }
            if (_taken.Contains(room.Node.Address))
            {
                continue;
            }
            if (CanTake(room))
            {
                Add(room);
            }
            else if (_refused++ < MostRefusals)
            {
                _refusals.Add(Refusal(room));
            }
        }
    }

    /// <summary>The plan.</summary>
    public ModelPlan ToPlan(Dictionary<SiloAddress, NodeRoom> rooms)
    {
        bool weighted = _model.Pin is { Weights.Count: > 0 };
        return new ModelPlan
        {
            Name = Name,
            Revision = _model.Revision,
            LoadBalance = weighted ? "weighted" : _model.Pin?.LoadBalance ?? LoadBalancers.Default.Name,
            TaskPartition = _model.Pin?.TaskPartition ?? true,
            Replicas =
            [
                .. _replicas
                    .OrderBy(replica => replica.Index)
                    .Select(replica => new ReplicaPlan(replica.Index, replica.Node, Weight(rooms[replica.Node].Node))
                    {
                        Knobs = Knobs(replica.Index),
                    }),
            ],
            Refusals =
                _refused > MostRefusals ? [.. _refusals, $"and {_refused - MostRefusals} more nodes"] : [.. _refusals],
            Sources = [.. _model.Sources],
        };
    }

    /// <summary>A replica keeps its knobs, also where it moves; a new one begins with those of another.</summary>
    private ReplicaKnobs Knobs(int index) =>
        (
            Array.Find(_before?.Replicas ?? [], replica => replica.Index == index) ?? _before?.Replicas.FirstOrDefault()
        )?.Knobs
        ?? ReplicaKnobs.Unset;

    private bool TryKeep(ReplicaPlan replica, Dictionary<SiloAddress, NodeRoom> rooms)
    {
        if (
            IsFull
            || _taken.Contains(replica.Node)
            || !rooms.TryGetValue(replica.Node, out NodeRoom? room)
            || !_places.Contains(replica.Node)
            || !CanTake(room)
        )
        {
            return false;
        }
        Take(room, replica.Index);
        return true;
    }

    private void Add(NodeRoom room)
    {
        // A replica that lost its node moves: it keeps its index, and with it its grain.
        if (!_homeless.TryDequeue(out int index))
        {
            while (!_indices.Add(_nextIndex))
            {
                _nextIndex++;
            }
            index = _nextIndex;
        }

        Take(room, index);
    }

    private void Take(NodeRoom room, int index)
    {
        _replicas.Add((index, room.Node.Address));
        _taken.Add(room.Node.Address);
        room.Take(_model.MemoryBytes, _model.Demand / _open.Length);
    }

    private bool CanTake(NodeRoom room) => _model.MemoryBytes <= room.Free && !room.Node.Failures.ContainsKey(Name);

    private string Refusal(NodeRoom room) =>
        room.Node.Failures.TryGetValue(Name, out string? failure)
            ? $"node '{room.Node.Name}' could not load it: {failure}"
            : $"node '{room.Node.Name}' has {room.Free >> 20} of {room.Node.MemoryBytes >> 20} MiB "
                + $"left, it needs {Math.Max(1, _model.MemoryBytes >> 20)} MiB";

    private double Weight(NodeObservation node)
    {
        if (_model.Pin is { Weights.Count: > 0 } pin)
        {
            return pin.Weights.GetValueOrDefault(node.Name, pin.Weights.Values.Min());
        }
        double measured = node.SecondsPerRow.GetValueOrDefault(Name) is var seconds and > 0 ? 1 / seconds : 1;
        double known =
            (_before?.Replicas ?? []).FirstOrDefault(replica => replica.Node.Equals(node.Address))?.Weight ?? measured;
        // Noise in a measurement is no reason for another plan.
        return measured / known is > 0.7 and < 1.4 ? known : measured;
    }
}
