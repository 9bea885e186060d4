namespace OrleansInference.Training.Ads;

/// <summary>The measurements of an epoch.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="TrainingLoss">Mean loss of its steps.</param>
/// <param name="ValidationLoss">Log loss on the validation rows.</param>
/// <param name="ValidationAuc">AUC on them.</param>
/// <param name="Seconds">Seconds since the beginning.</param>
internal sealed record TrainingEpoch(
    int Epoch,
    double TrainingLoss,
    double ValidationLoss,
    double ValidationAuc,
    double Seconds
);
