namespace OrleansInference.Research.Evaluation;

/// <summary>A request as the oracle sees it.</summary>
/// <param name="At">When it comes, seconds.</param>
/// <param name="Deadline">When its answer is late, seconds.</param>
/// <param name="Seconds">What it takes of the whole cluster, seconds.</param>
internal readonly record struct OracleRequest(double At, double Deadline, double Seconds);
