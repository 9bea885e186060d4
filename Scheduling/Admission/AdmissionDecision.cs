namespace OrleansInference.Scheduling.Admission;

/// <summary>Whether a request may join a queue.</summary>
/// <param name="Admit">False when it would miss its deadline.</param>
/// <param name="PredictedFinish">When it would finish if it joined now.</param>
public readonly record struct AdmissionDecision(bool Admit, TimeSpan PredictedFinish);
