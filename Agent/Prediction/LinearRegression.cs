namespace OrleansInference.Agent.Prediction;

/// <summary>
/// Recursive least squares with forgetting (Ljung 1999, ch. 11): y ≈ θ·x, old observations losing weight by a factor
/// each time. Not thread-safe.
/// </summary>
public sealed class LinearRegression
{
    private readonly double[] _theta;
    private readonly double[,] _p;
    private readonly double _forgetting;

    /// <summary>Creates it from a prior.</summary>
    /// <param name="prior">θ before the first observation.</param>
    /// <param name="variance">How uncertain each entry of it is, &gt; 0.</param>
    /// <param name="forgetting">Weight that an observation keeps, in (0, 1].</param>
    public LinearRegression(ReadOnlySpan<double> prior, ReadOnlySpan<double> variance, double forgetting)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(variance.Length, prior.Length);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(forgetting, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(forgetting, 1);
        _theta = prior.ToArray();
        _p = new double[prior.Length, prior.Length];
        _forgetting = forgetting;
        for (int i = 0; i < prior.Length; i++)
        {
            _p[i, i] = variance[i];
        }
    }

    /// <summary>θ.</summary>
    public ReadOnlySpan<double> Theta => _theta;

    /// <summary>θ·x.</summary>
    public double Predict(ReadOnlySpan<double> x)
    {
        double sum = 0;
        for (int i = 0; i < _theta.Length; i++)
        {
            sum += _theta[i] * x[i];
        }
        return sum;
    }

    /// <summary>All of θ by a factor: what is seen has changed as a whole.</summary>
    public void Scale(double factor)
    {
        for (int i = 0; i < _theta.Length; i++)
        {
            _theta[i] *= factor;
        }
    }

    /// <summary>Takes one observation in.</summary>
    /// <param name="x">Its features.</param>
    /// <param name="y">What was seen.</param>
    /// <param name="noise">Variance of the noise in <paramref name="y"/>, &gt; 0.</param>
    public void Observe(ReadOnlySpan<double> x, double y, double noise)
    {
        int n = _theta.Length;
        Span<double> px = stackalloc double[n];
        double scale = _forgetting * noise;
        for (int i = 0; i < n; i++)
        {
            px[i] = 0;
            for (int j = 0; j < n; j++)
            {
                px[i] += _p[i, j] * x[j];
            }
        }

        for (int i = 0; i < n; i++)
        {
            scale += x[i] * px[i];
        }
        double error = y - Predict(x);
        for (int i = 0; i < n; i++)
        {
            _theta[i] += px[i] / scale * error;
        }
        for (int i = 0; i < n; i++)
        {
            // What is not excited must not blow up while it is forgotten.
            for (int j = 0; j < n; j++)
            {
                _p[i, j] = Math.Clamp((_p[i, j] - (px[i] * px[j] / scale)) / _forgetting, -1e3, 1e3);
            }
        }
    }
}
