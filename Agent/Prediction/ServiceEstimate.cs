using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Prediction;

/// <summary>
/// Learns the <see cref="ServiceModel"/> of one model on one node from what its reports say of each second: recursive
/// least squares on (1, rows, co-runners, rows × co-runners), from the profile measured at load. A node that has become
/// slower or faster at a stroke is followed within seconds: all of what was learnt is scaled. Not thread-safe.
/// </summary>
public sealed class ServiceEstimate
{
    private const int Remembered = 200;
    private const int Judged = 20;
    private const double Forgetting = 0.95;

    /// <summary>
    /// Predictions in a row that are off by a factor of 1.5, all to the same side: no noise, another node.
    /// </summary>
    private const int Step = 4;
    private const double StepFactor = 1.5;

    private readonly LinearRegression _fit;
    private readonly double _scale;
    private readonly Queue<double> _ratios = new();
    private double _typicalRows = 1;
    private double _leastOff;
    private int _off;

    /// <summary>Creates it from a profile.</summary>
    /// <param name="profile">What runs were measured to take at load.</param>
    public ServiceEstimate(BatchCost profile)
    {
        _scale = Math.Max(1e-7, profile.Seconds(1));
        _fit = new LinearRegression(
            [profile.BaseSeconds / _scale, profile.SecondsPerRow / _scale, 0, 0],
            [0.05, 0.02, 0.01, 0.005],
            Forgetting
        );
    }

    /// <summary>Seconds of telemetry seen.</summary>
    public int Observations { get; private set; }

    /// <summary>
    /// Median relative error of its last predictions, each of a second's runs and made before it saw them; 0 before the
    /// first.
    /// </summary>
    public double MedianError => _ratios.Count == 0 ? 0 : Quantile([.. Last.Select(ratio => Math.Abs(ratio - 1))], 0.5);

    /// <summary>What runs took ÷ what was predicted, the median of the last; 1 before the first.</summary>
    public double MedianRatio => _ratios.Count == 0 ? 1 : Quantile([.. Last], 0.5);

    /// <summary>
    /// Whether its predictions are good enough to plan by: right within a quarter, or, where a node's seconds differ as
    /// they do under a CPU quota, right in the middle of them.
    /// </summary>
    public bool IsTrusted =>
        _ratios.Count < 10 || MedianError <= 0.25 || (MedianError <= 0.6 && Math.Abs(MedianRatio - 1) <= 0.25);

    /// <summary>What it believes.</summary>
    public ServiceModel Current
    {
        get
        {
            ReadOnlySpan<double> theta = _fit.Theta;
            BatchCost scaled = new(Math.Max(0, theta[0]), Math.Max(1e-9, theta[1]));
            // One share for both parts: at the rows that a typical run has.
            double typical = Math.Max(1, _typicalRows);
            double interference = Math.Clamp((theta[2] + (theta[3] * typical)) / scaled.Seconds(typical), 0, 3);
            double tail = _ratios.Count < 20 ? 1.2 : Math.Clamp(Quantile([.. _ratios], 0.95), 1, 3);
            return new ServiceModel(scaled.Times(_scale), interference, tail, IsMeasured: true);
        }
    }

    private IEnumerable<double> Last => _ratios.Skip(Math.Max(0, _ratios.Count - Judged));

    /// <summary>Takes in what one report says.</summary>
    /// <param name="runs">Runs since the last report, ≥ 1.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="runSeconds">Their seconds.</param>
    /// <param name="coRunners">Cores that other models kept busy on the node meanwhile.</param>
    public void Observe(long runs, long rows, double runSeconds, double coRunners)
    {
        if (runs < 1 || rows < 1 || !(runSeconds > 0))
        {
            return;
        }
        double mean = (double)rows / runs;
        double seconds = runSeconds / runs / _scale;
        _typicalRows += 0.05 * (mean - _typicalRows);
        ReadOnlySpan<double> x = [1, mean, coRunners, mean * coRunners];
        double predicted = _fit.Predict(x);
        if (predicted > 0 && Observations > 5)
        {
            _ratios.Enqueue(seconds / predicted);
            if (_ratios.Count > Remembered)
            {
                _ratios.Dequeue();
            }
            Follow(seconds / predicted);
        }

        Observations++;
        // Relative noise of about 10 % a run, and of 3 % that more runs do not average out. A slow second, with its
        // larger noise, counts less.
        _fit.Observe(x, seconds, seconds * seconds * ((0.01 / runs) + 0.001));
    }

    /// <summary>
    /// Scales what was learnt once enough predictions in a row were far off to one side, by the least of them.
    /// </summary>
    private void Follow(double ratio)
    {
        if (ratio is <= StepFactor and >= 1 / StepFactor)
        {
            _off = 0;
            return;
        }

        bool same = _off > 0 && ratio > 1 == _leastOff > 1;
        _leastOff =
            !same ? ratio
            : ratio > 1 ? Math.Min(_leastOff, ratio)
            : Math.Max(_leastOff, ratio);
        _off = same ? _off + 1 : 1;
        if (_off < Step)
        {
            return;
        }
        _fit.Scale(_leastOff);
        _off = 0;
    }

    private static double Quantile(double[] values, double q)
    {
        Array.Sort(values);
        return values[Math.Min(values.Length - 1, (int)(q * values.Length))];
    }
}
