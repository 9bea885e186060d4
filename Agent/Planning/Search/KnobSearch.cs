using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Planning.Search;

/// <summary>
/// A short hill climb over batch × threads × instances: begins where the measured <see cref="BatchCost"/> of a run
/// expects the best, and tries a tenth of the grid at most. Then its best few are measured again, in turn: one
/// measurement of a quarter second is partly luck, and the best of several the luckiest. Deterministic; not
/// thread-safe.
/// </summary>
public sealed class KnobSearch
{
    /// <summary>
    /// A run may take this share of the objective: a request that just missed a batch runs in the next.
    /// </summary>
    private const double RunShare = 0.45;

    /// <summary>Settings that are measured again.</summary>
    private const int Finalists = 3;

    /// <summary>Times that each of them is.</summary>
    private const int Again = 2;

    private readonly KnobGrid _grid;
    private readonly int _cores;
    private readonly Dictionary<ReplicaKnobs, List<KnobPoint>> _measured = [];
    private readonly List<ReplicaKnobs> _order = [];
    private Queue<ReplicaKnobs>? _again;
    private readonly Queue<ReplicaKnobs> _first = new();
    private readonly HashSet<ReplicaKnobs> _seen = [];

    /// <summary>Begins a search.</summary>
    /// <param name="grid">What may be tried.</param>
    /// <param name="cores">Cores of the node.</param>
    /// <param name="cost">What runs were measured to take.</param>
    /// <param name="sloSeconds">The objective.</param>
    public KnobSearch(KnobGrid grid, int cores, BatchCost cost, double sloSeconds)
    {
        ArgumentNullException.ThrowIfNull(grid);
        _grid = grid;
        _cores = cores;
        Budget = Math.Min(grid.Size, Math.Max(4, grid.Size / 10));
        int all = Instances(cores);
        int fits = grid.Rows.LastOrDefault(rows => cost.Seconds(rows) <= sloSeconds * RunShare, grid.Rows[0]);
        // Of the sizes that fit, the smallest that has nearly all of what batching saves.
        int efficient = grid.Rows.First(rows =>
            rows >= fits || (cost.BaseSeconds / rows) <= 0.03 * cost.SecondsEach(fits)
        );
        _first.Enqueue(KnobGrid.Point(efficient, 1, all));
        _first.Enqueue(KnobGrid.Point(grid.Rows[0], 1, all));
        _first.Enqueue(KnobGrid.Point(fits, 1, all));
        if (grid.Threads.Count > 1)
        {
            _first.Enqueue(KnobGrid.Point(efficient, grid.Threads[^1], grid.Instances[0]));
        }
    }

    /// <summary>Most settings that it tries.</summary>
    public int Budget { get; }

    /// <summary>The settings that were tried, each with the measurement whose score is the median of its own.</summary>
    public IReadOnlyList<KnobPoint> Tried => [.. _order.Select(Median)];

    /// <summary>The best so far, among those measured most often; null before the first.</summary>
    public KnobPoint? Best
    {
        get
        {
            if (_order.Count == 0)
            {
                return null;
            }
            // Only of those measured most often: one lucky measurement must not beat the median of several.
            int most = _measured.Values.Max(points => points.Count);
            return _order.Where(knobs => _measured[knobs].Count == most).Select(Median).MaxBy(point => point.Score);
        }
    }

    /// <summary>The next setting to try; null when it is done.</summary>
    public ReplicaKnobs? Next()
    {
        while (_seen.Count < Budget && _first.TryDequeue(out ReplicaKnobs first))
        {
            if (_seen.Add(first))
            {
                return first;
            }
        }

        if (_again is null && _seen.Count < Budget && Best is { } best)
        {
            foreach (ReplicaKnobs near in Neighbours(best.Knobs))
            {
                if (_seen.Add(near))
                {
                    return near;
                }
            }
        }

        _again ??= new Queue<ReplicaKnobs>(BestFew());
        return _again.TryDequeue(out ReplicaKnobs again) ? again : null;
    }

    /// <summary>Takes in what a setting gave.</summary>
    public void Observe(in KnobPoint point)
    {
        if (!_measured.TryGetValue(point.Knobs, out List<KnobPoint>? points))
        {
            _measured.Add(point.Knobs, points = []);
            _order.Add(point.Knobs);
        }

        points.Add(point);
    }

    /// <summary>What is measured again, in turn; nothing where there is nothing to choose from.</summary>
    private IEnumerable<ReplicaKnobs> BestFew()
    {
        ReplicaKnobs[] finalists = [.. _order.OrderByDescending(knobs => Median(knobs).Score).Take(Finalists)];
        return finalists.Length < 2 ? [] : Enumerable.Repeat(finalists, Again).SelectMany(knobs => knobs);
    }

    private KnobPoint Median(ReplicaKnobs knobs)
    {
        KnobPoint[] points = [.. _measured[knobs].OrderBy(point => point.Score)];
        return points[points.Length / 2];
    }

    private int Instances(int wanted) => _grid.Instances.LastOrDefault(count => count <= wanted, _grid.Instances[0]);

    /// <summary>
    /// What is worth trying around the best: larger and smaller batches first, then other divisions of the cores.
    /// </summary>
    private IEnumerable<ReplicaKnobs> Neighbours(ReplicaKnobs at)
    {
        int row = _grid.Rows.ToList().IndexOf(at.MaxRows);
        int instance = _grid.Instances.ToList().IndexOf(at.Instances);
        int thread = _grid.Threads.ToList().IndexOf(at.Threads);
        if (row + 1 < _grid.Rows.Count)
        {
            yield return at with
            {
                MaxRows = _grid.Rows[row + 1],
            };
        }
        if (row > 0)
        {
            yield return at with
            {
                MaxRows = _grid.Rows[row - 1],
            };
        }
        if (instance + 1 < _grid.Instances.Count && at.Threads * _grid.Instances[instance + 1] <= _cores + 1)
        {
            yield return at with
            {
                Instances = _grid.Instances[instance + 1],
            };
        }
        if (instance > 0)
        {
            yield return at with
            {
                Instances = _grid.Instances[instance - 1],
            };
        }
        if (thread + 1 < _grid.Threads.Count)
        {
            yield return at with
            {
                Threads = _grid.Threads[thread + 1],
                Instances = Instances(Math.Max(1, _cores / _grid.Threads[thread + 1])),
            };
        }
        if (thread > 0)
        {
            yield return at with
            {
                Threads = _grid.Threads[thread - 1],
                Instances = Instances(Math.Max(1, _cores / _grid.Threads[thread - 1])),
            };
        }
    }
}
