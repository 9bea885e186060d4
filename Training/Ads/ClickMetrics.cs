namespace OrleansInference.Training.Ads;

/// <summary>Quality of predicted click probabilities.</summary>
internal static class ClickMetrics
{
    /// <summary>Area under the ROC curve (Mann–Whitney), ties counting a half; 0.5 where all rows are alike.</summary>
    public static double Auc(IReadOnlyList<double> scores, IReadOnlyList<bool> clicked)
    {
        int[] order = [.. Enumerable.Range(0, scores.Count).OrderBy(i => scores[i])];
        double ranks = 0;
        long positives = 0;
        for (int i = 0; i < order.Length; )
        {
            int end = i;
            while (end < order.Length && scores[order[end]] == scores[order[i]])
            {
                end++;
            }
            double rank = (i + 1 + end) / 2.0;
            for (; i < end; i++)
            {
                if (!clicked[order[i]])
                {
                    continue;
                }
                ranks += rank;
                positives++;
            }
        }

        long negatives = order.Length - positives;
        return positives == 0 || negatives == 0
            ? 0.5
            : (ranks - (positives * (positives + 1) / 2.0)) / ((double)positives * negatives);
    }

    /// <summary>Mean negative log-likelihood, natural logarithm.</summary>
    public static double LogLoss(IReadOnlyList<double> probabilities, IReadOnlyList<bool> clicked)
    {
        double sum = 0;
        for (int i = 0; i < probabilities.Count; i++)
        {
            double p = Math.Clamp(probabilities[i], 1e-7, 1 - 1e-7);
            sum -= Math.Log(clicked[i] ? p : 1 - p);
        }

        return sum / Math.Max(1, probabilities.Count);
    }
}
