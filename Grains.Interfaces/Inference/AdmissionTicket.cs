namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// A request's place behind the gate, held until it is disposed. It takes what the gate found of the model along to the
/// <see cref="IRequestDispatcher"/>.
/// </summary>
public abstract class AdmissionTicket : IDisposable
{
    /// <summary>Gives the place back; once more does nothing.</summary>
    public abstract void Dispose();
}
