namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>Whether a request may come in.</summary>
/// <param name="Ticket">To be disposed when it has been answered; null where it was refused.</param>
/// <param name="Message">Why it was refused: what is full, and how full.</param>
/// <param name="RetryAfter">When a place is likely to be free.</param>
public readonly record struct AdmissionOutcome(AdmissionTicket? Ticket, string Message, TimeSpan RetryAfter);
