namespace OrleansInference.Scheduling.Admission;

/// <summary>What <see cref="AdmissionPolicy"/> decided about a request.</summary>
/// <param name="Verdict">Whether it waits now, or why it does not.</param>
/// <param name="Room">Most requests of its kind that may wait, where the queue is full.</param>
/// <param name="PredictedFinish">When it would be answered, where it has a deadline; else when it was queued.</param>
public readonly record struct QueueAdmission(AdmissionVerdict Verdict, int Room, TimeSpan PredictedFinish);
